import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.js'
import { tempDir } from '../support/temp-dir.js'
import { type Supervised, supervise } from './supervised.js'

/** Supervises a program that prints the ready line and then runs `then`. */
function supervised(t: Test, then: string): Supervised {
  const program = path.join(tempDir(t), 'program.mjs')
  writeFileSync(program, `console.log('{"msg":"ready"}')\n${then}\n`)
  const process = supervise({ name: 'it', program, args: [], env: {}, port: 1 })
  t.teardown(process.kill)
  return process
}

const startsOf = ({ output }: Supervised) => output().split('ready').length - 1

t.test('restarts a process that exits by itself, and reports the exit', async t => {
  const process = supervised(t, 'setTimeout(() => process.exit(7), 50)')
  process.start()
  await eventually('the process has started again', () => startsOf(process) > 1)
  t.match(process.unexpectedExits()[0], 'it exited by itself: 7')
})

t.test('a killed process stays down until it is started, and the exit is not reported', async t => {
  const process = supervised(t, 'setInterval(() => {}, 1000)')
  process.start()
  await eventually('the process has started', () => startsOf(process) === 1)
  await process.kill()
  process.start()
  await eventually('the process has started again', () => startsOf(process) === 2)
  await process.terminate()
  t.strictSame(process.unexpectedExits(), [])
  t.equal(startsOf(process), 2)
})

t.test('is ready when its health route responds with 200', async t => {
  let status = 503
  const server = createServer((_request, reply) => {
    reply.writeHead(status).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const process = supervise({ name: 'it', program: '', args: [], env: {}, port })
  t.equal(await process.isReady(), false)
  status = 200
  t.equal(await process.isReady(), true)
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  t.equal(await process.isReady(), false, 'nothing listens on the port')
})
