import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { openFilesLimit } from '../../src/http/server.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { openRawConnection, rawRequest } from '../support/raw-connection.js'
import { startReceiver } from '../support/receiver.js'

const BODY = JSON.stringify(DOCUMENTED_NOTIFICATIONS[0])

/** Both ends of the connections are in this process, and half of its file descriptors remain free. */
const MANY = Math.min(5000, Math.floor(openFilesLimit() / 4))
if (MANY < 5000) t.comment(`only ${MANY} connections: raise "ulimit -n" above 20,000 for 5,000`)

async function openMany(t: Test, port: number, count: number): Promise<net.Socket[]> {
  const sockets: net.Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(250, count - sockets.length) }, () =>
      net.connect({ port, host: '127.0.0.1' }).on('error', () => {})
    )
    sockets.push(...some)
    await Promise.all(some.map(socket => once(socket, 'connect')))
  }
  return sockets
}

t.test(`${MANY} idle or unfinished connections do not affect valid senders`, async t => {
  const { app, port, post, stored } = await startReceiver(t)
  const sockets = await openMany(t, port, MANY)
  for (const socket of sockets.slice(0, MANY / 2)) socket.write('POST /webhooks/mightycall/x HTTP/1.1\r\nX-Slow: ')
  await eventually(
    'all connections are open',
    () => new Promise(resolve => app.server.getConnections((_err, count) => resolve(count === MANY)))
  )
  for (let i = 0; i < 20; i++) t.equal((await post(BODY)).status, 200)
  t.equal(stored.length, 20)
  t.notOk(sockets.some(socket => socket.destroyed))
})

t.test('connections beyond the limit are closed at once with one alarm, and existing ones are kept', async t => {
  const { port, path, lines } = await startReceiver(t, { maxConnections: 3 })
  const kept = await openRawConnection(t, port)
  kept.send(rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`]))
  await openRawConnection(t, port)
  await openRawConnection(t, port)
  for (let i = 0; i < 5; i++) await (await openRawConnection(t, port)).untilClosed
  kept.send(BODY)
  await kept.untilAnswered()
  t.strictSame(kept.statuses(), [200])
  t.equal(lines.filter(line => line.includes('"alarm":"connections"')).length, 1)
})

t.test('idle connections make room for new ones before the limit is reached', async t => {
  const { port, path, lines } = await startReceiver(t, { maxConnections: 4 })
  const send = async () => {
    const connection = await openRawConnection(t, port)
    connection.send(rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`], BODY))
    await connection.untilAnswered()
    t.strictSame(connection.statuses(), [200])
    return connection
  }
  const idle = [await send(), await send()]
  for (let i = 0; i < 6; i++) await send()
  for (const { untilClosed } of idle) await untilClosed
  t.notOk(lines.some(line => line.includes('"alarm":"connections"')))
})

t.test('the limit leaves half of the file descriptors to the event log', async t => {
  const { app } = await startReceiver(t, { maxConnections: 1e9 })
  t.ok(app.server.maxConnections <= openFilesLimit() / 2)
})
