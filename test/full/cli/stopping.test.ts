import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'
import { eventually } from '../../support/eventually.js'
import { randomSecrets, spawnMain, startServiceProcess } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test(
  'after SIGTERM the service reports not ready and accepts webhooks, and a second SIGTERM ends it at once',
  async t => {
    const service = await startServiceProcess(t, { DATA_DIR: tempDir(t), DRAIN_SECONDS: '120' })
    const exitCode = new Promise<number | null>(resolve => service.child.once('close', resolve))
    service.child.kill('SIGTERM')
    await eventually('the service is stopping', () => service.output().includes('"msg":"stopping"'))
    for (const path of ['/health/ready', '/health/ready/receive'])
      t.equal((await fetch(service.url + path)).status, 503, path)
    t.equal((await fetch(`${service.url}/health/live`)).status, 200)
    t.equal(await service.post(DOCUMENTED_NOTIFICATIONS[0]), 200, 'a load balancer needs a moment to notice')
    await eventually('the service has exited', () => {
      // signals within half a second count as one, because Ctrl-C reaches Node twice when npm has started it
      service.child.kill('SIGTERM')
      return service.child.exitCode !== null
    })
    t.equal(await exitCode, 1)
  }
)

t.test('SIGTERM while the service starts ends it as in operation: what was accepted is finished', async t => {
  const sockets: net.Socket[] = []
  const silent = net.createServer(socket => sockets.push(socket)).listen(0, '127.0.0.1') // it never answers
  t.teardown(() => {
    silent.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo // it listens on a port, not on a pipe
  const child = spawnMain(['start'], {
    ...randomSecrets(),
    DATA_DIR: tempDir(t),
    PORT: '0',
    DRAIN_SECONDS: '0',
    DATABASE_URL: `postgres://127.0.0.1:${port}/none` // a start waits for it for ten seconds
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await eventually('the service accepts requests', () => output.includes('"msg":"listening"'), 30_000)
  t.notMatch(output, 'not ready yet', 'its start has not ended')
  child.kill('SIGTERM')
  await ended
  t.equal(child.exitCode, 0, output)
  t.match(output, /"msg":"stopping"/)
})
