import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.js'
import { tempDir } from '../support/temp-dir.js'
import { type Supervised, supervise } from './supervised.js'

/** Says that it is ready, and does what it is told. */
function supervised(t: Test, then: string): Supervised {
  const program = path.join(tempDir(t), 'program.mjs')
  writeFileSync(program, `console.log('{"msg":"ready"}')\n${then}\n`)
  const process = supervise({ name: 'it', program, args: [], env: {}, port: 1 })
  t.teardown(process.kill)
  return process
}

const livesOf = ({ output }: Supervised) => output().split('ready').length - 1

t.test('starts again what ends by itself, and tells of it', async t => {
  const process = supervised(t, 'setTimeout(() => process.exit(7), 50)')
  process.start()
  await eventually('it lives again', () => livesOf(process) > 1)
  t.match(process.deaths()[0], 'it ended by itself: 7')
})

t.test('what was killed stays down until it is started, and that is no death', async t => {
  const process = supervised(t, 'setInterval(() => {}, 1000)')
  process.start()
  await eventually('it lives', () => livesOf(process) === 1)
  await process.kill()
  process.start()
  await eventually('it lives again', () => livesOf(process) === 2)
  await process.terminate()
  t.strictSame(process.deaths(), [])
  t.equal(livesOf(process), 2)
})

t.test('is ready when its health says so', async t => {
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
  t.equal(await process.isReady(), false, 'nobody listens')
})
