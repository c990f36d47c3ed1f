import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { openFilesLimit } from '../../src/lib/open-files.js'
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
  const { app, port, path, lines } = await startReceiver(t, { maxConnections: 3 })
  let begun = 0
  app.server.on('request', () => begun++)
  const begin = async () => {
    const connection = await openRawConnection(t, port)
    const before = begun
    connection.send(rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`]))
    await eventually('the request is read', () => begun > before)
    return connection
  }
  const kept = await begin()
  await begin()
  await begin()
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

t.test('connections that send nothing, or an incomplete request, make room for a sender', async t => {
  const { app, port, path, lines } = await startReceiver(t, { maxConnections: 40 })
  const sender = await openRawConnection(t, port)
  const send = async () => {
    const before = sender.statuses().length
    sender.send(rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`], BODY))
    await eventually('the response has arrived', () => sender.statuses().length > before)
  }
  await send()
  const [silent] = await openMany(t, port, 1)
  for (const socket of await openMany(t, port, 200)) socket.write('POST /webhooks/mightycall/x HTTP/1.1\r\nX-Slow: ')
  await eventually('the oldest silent connection is closed', () => silent?.destroyed === true)
  await send()
  t.strictSame(sender.statuses(), [200, 200], 'the connection of a sender is kept while others can be closed')
  const later = await openRawConnection(t, port)
  later.send(rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`], BODY))
  await later.untilAnswered()
  t.strictSame(later.statuses(), [200], 'a new sender is served')
  t.notOk(lines.some(line => line.includes('"alarm":"connections"')))
  const count = await new Promise(resolve => app.server.getConnections((_err, count) => resolve(count)))
  t.ok(Number(count) <= 40)
})

t.test('the limit leaves half of the file descriptors to the event log', async t => {
  const { app } = await startReceiver(t, { maxConnections: 1e9 })
  t.ok(app.server.maxConnections <= openFilesLimit() / 2)
})
