import t from 'tap'
import { createInFlight, type InFlight } from '../../src/receive/admission.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { dripBytes, openRawConnection, rawRequest } from '../support/raw-connection.js'
import { startReceiver } from '../support/receiver.js'

const BODY = JSON.stringify(DOCUMENTED_NOTIFICATIONS[1])
const LENGTH = `Content-Length: ${BODY.length}`
const KIB = 1024

const slow: [name: string, head: (path: string) => string][] = [
  ['of the request line', path => `POST ${path}`],
  ['of a header', path => `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Slow: `],
  ['of the body', path => rawRequest(`POST ${path}`, ['Content-Length: 100000'])],
  ['of a chunk', path => rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], 'ffff\r\n')]
]
for (const [name, head] of slow) {
  t.test(`sending one byte at a time ${name} ends with 408`, async t => {
    const inFlight = createInFlight(256 * KIB + 8 * KIB) // capacity for one request
    const { port, path, post, stored } = await startReceiver(t, { requestTimeoutMs: 600, inFlight })
    const connection = await openRawConnection(t, port)
    connection.send(head(path))
    await dripBytes(connection, 20)
    t.strictSame(connection.statuses(), [408])
    t.equal((await post(BODY)).status, 200, 'its capacity is released')
    t.equal(stored.length, 1)
  })
}

t.test('a connection that sends nothing is closed', async t => {
  const { port } = await startReceiver(t, { requestTimeoutMs: 600 })
  const connection = await openRawConnection(t, port)
  await connection.untilClosed
  t.strictSame(connection.statuses(), [408])
})

t.test('the time between the requests of a connection is not limited by that for receiving a request', async t => {
  const requestTimeoutMs = 300
  const { port, path } = await startReceiver(t, { requestTimeoutMs })
  const connection = await openRawConnection(t, port)
  const request = rawRequest(`POST ${path}`, [LENGTH], BODY)
  connection.send(request)
  await connection.untilAnswered()
  const silent = await openRawConnection(t, port)
  await silent.untilClosed // that time has passed
  connection.send(request)
  await connection.untilAnswered(2)
  t.strictSame(connection.statuses(), [200, 200])
  connection.send(`POST ${path}`)
  await connection.untilClosed
  t.strictSame(connection.statuses(), [200, 200, 408], 'a slow second request is ended as a first one is')
})

t.test('an idle connection is closed after its time', async t => {
  const { port, path } = await startReceiver(t, { keepAliveMs: 200 })
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`POST ${path}`, [LENGTH], BODY))
  await connection.untilAnswered()
  await connection.untilClosed
  t.strictSame(connection.statuses(), [200])
})

t.test('endless chunks are cut off beyond 256 KiB', async t => {
  const inFlight = createInFlight(400 * KIB)
  const { app, port, path, stored } = await startReceiver(t, { inFlight })
  const connection = await openRawConnection(t, port)
  let open = true
  connection.untilClosed.then(() => {
    open = false
  })
  connection.send(rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked']))
  for (let sent = 0; open && sent < 100; sent++) {
    connection.send(`10000\r\n${'x'.repeat(64 * KIB)}\r\n`)
    await new Promise(setImmediate)
  }
  t.notOk(open, 'closed long before 6 MiB were sent')
  t.notOk(
    connection.statuses().some(status => status !== 413),
    'only 413, which a sender that does not read may miss'
  )
  await eventually(
    'no connection remains',
    () => new Promise(resolve => app.server.getConnections((_err, count) => resolve(count === 0)))
  )
  t.ok(isFree(inFlight, 400 * KIB))
  t.equal(stored.length, 0)
})

t.test('a request for an unknown path or token is answered before its body arrives', async t => {
  const { port, path } = await startReceiver(t)
  for (const target of [`${path}x`, '/webhooks/other', '/nowhere', '/v1/calls']) {
    for (const type of ['application/json', 'text/plain', 'nonsense;']) {
      const connection = await openRawConnection(t, port)
      connection.send(rawRequest(`POST ${target}`, [`Content-Type: ${type}`, 'Content-Length: 900000'], BODY))
      await connection.untilAnswered()
      t.strictSame(connection.statuses(), [404])
    }
  }
})

t.test('a sender that half-closes after the request receives the response', async t => {
  const { port, path, stored } = await startReceiver(t)
  const connection = await openRawConnection(t, port)
  connection.socket.end(rawRequest(`POST ${path}`, [LENGTH], BODY))
  await connection.untilAnswered()
  t.strictSame(connection.statuses(), [200])
  t.equal(stored.length, 1)
})

t.test('a sender that half-closes during the body is answered with 400', async t => {
  const { port, path, stored } = await startReceiver(t)
  const connection = await openRawConnection(t, port)
  connection.socket.end(rawRequest(`POST ${path}`, [LENGTH], BODY.slice(0, 50)))
  await connection.untilAnswered()
  t.strictSame(connection.statuses(), [400])
  t.equal(stored.length, 0)
})

t.test(
  'senders that disconnect during the body or before the response release their capacity and affect no others',
  async t => {
    const inFlight = createInFlight(400 * KIB)
    const releases: (() => void)[] = []
    const { port, path, post, results, lines } = await startReceiver(t, {
      inFlight,
      append: () =>
        new Promise(resolve => {
          releases.push(resolve)
        })
    })
    for (let i = 0; i < 20; i++) {
      const connection = await openRawConnection(t, port)
      connection.send(rawRequest(`POST ${path}`, ['Content-Length: 10000'], BODY))
      if (i % 2) connection.socket.resetAndDestroy()
      else connection.socket.destroy()
      await connection.untilClosed
    }
    await eventually('all capacity is released', () => isFree(inFlight, 400 * KIB))
    const connection = await openRawConnection(t, port)
    connection.send(rawRequest(`POST ${path}`, [LENGTH], BODY))
    await eventually('the append is pending', () => releases.length === 1)
    connection.socket.resetAndDestroy()
    const next = post(BODY)
    await eventually('the next append is pending', () => releases.length === 2)
    for (const release of releases) release()
    t.equal((await next).status, 200)
    t.ok(isFree(inFlight, 400 * KIB))
    t.strictSame(
      results.filter(result => result === 'stored'),
      ['stored', 'stored'],
      'stored notifications are counted even if the sender has disconnected'
    )
    t.notOk(
      lines.some(line => line.includes('"level":50')),
      'no error is logged'
    )
  }
)

function isFree(inFlight: InFlight, maxBytes: number): boolean {
  const claim = inFlight.claim(maxBytes - 5 * KIB) // the overhead of a request
  claim?.release()
  return claim !== null
}
