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
  t.test(`a byte at a time ${name} ends in 408`, async t => {
    const inFlight = createInFlight(256 * KIB + 8 * KIB) // for one request
    const { port, path, post, stored } = await startReceiver(t, { requestTimeoutMs: 600, inFlight })
    const wire = await openRawConnection(t, port)
    wire.send(head(path))
    await dripBytes(wire, 20)
    t.strictSame(wire.statuses(), [408])
    t.equal((await post(BODY)).status, 200, 'its room is free again')
    t.equal(stored.length, 1)
  })
}

t.test('a connection that sends nothing is closed too', async t => {
  const { port } = await startReceiver(t, { requestTimeoutMs: 600 })
  const wire = await openRawConnection(t, port)
  await wire.untilClosed
  t.strictSame(wire.statuses(), [408])
})

t.test('chunks without end are cut beyond 256 KiB', async t => {
  const inFlight = createInFlight(400 * KIB)
  const { app, port, path, stored } = await startReceiver(t, { inFlight })
  const wire = await openRawConnection(t, port)
  let open = true
  wire.untilClosed.then(() => {
    open = false
  })
  wire.send(rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked']))
  for (let sent = 0; open && sent < 100; sent++) {
    wire.send(`10000\r\n${'x'.repeat(64 * KIB)}\r\n`)
    await new Promise(setImmediate)
  }
  t.notOk(open, 'long before the 6 MiB')
  t.notOk(
    wire.statuses().some(status => status !== 413),
    'a sender that only writes may miss the 413'
  )
  await eventually(
    'no connection is left',
    () => new Promise(resolve => app.server.getConnections((_err, count) => resolve(count === 0)))
  )
  t.ok(isFree(inFlight, 400 * KIB))
  t.equal(stored.length, 0)
})

t.test('a body for an unknown path or token is not waited for, nor kept', async t => {
  const { port, path } = await startReceiver(t)
  for (const target of [`${path}x`, '/webhooks/other', '/nowhere', '/v1/calls']) {
    for (const type of ['application/json', 'text/plain', 'nonsense;']) {
      const wire = await openRawConnection(t, port)
      wire.send(rawRequest(`POST ${target}`, [`Content-Type: ${type}`, 'Content-Length: 900000'], BODY))
      await wire.untilAnswered()
      t.strictSame(wire.statuses(), [404])
    }
  }
})

t.test('a sender that closes its half after the request hears the answer', async t => {
  const { port, path, stored } = await startReceiver(t)
  const wire = await openRawConnection(t, port)
  wire.socket.end(rawRequest(`POST ${path}`, [LENGTH], BODY))
  await wire.untilAnswered()
  t.strictSame(wire.statuses(), [200])
  t.equal(stored.length, 1)
})

t.test('a sender that closes its half within the body is answered 400', async t => {
  const { port, path, stored } = await startReceiver(t)
  const wire = await openRawConnection(t, port)
  wire.socket.end(rawRequest(`POST ${path}`, [LENGTH], BODY.slice(0, 50)))
  await wire.untilAnswered()
  t.strictSame(wire.statuses(), [400])
  t.equal(stored.length, 0)
})

t.test('senders that are gone before the body, or before the answer, leave no room taken and stop nobody', async t => {
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
    const wire = await openRawConnection(t, port)
    wire.send(rawRequest(`POST ${path}`, ['Content-Length: 10000'], BODY))
    if (i % 2) wire.socket.resetAndDestroy()
    else wire.socket.destroy()
    await wire.untilClosed
  }
  await eventually('all is free', () => isFree(inFlight, 400 * KIB))
  const wire = await openRawConnection(t, port)
  wire.send(rawRequest(`POST ${path}`, [LENGTH], BODY))
  await eventually('it is being stored', () => releases.length === 1)
  wire.socket.resetAndDestroy()
  const next = post(BODY)
  await eventually('the next one too', () => releases.length === 2)
  for (const release of releases) release()
  t.equal((await next).status, 200)
  t.ok(isFree(inFlight, 400 * KIB))
  t.strictSame(
    results.filter(result => result === 'stored'),
    ['stored', 'stored'],
    'what is in the log counts, whoever waits'
  )
  t.notOk(
    lines.some(line => line.includes('"level":50')),
    'it is no error of ours'
  )
})

function isFree(inFlight: InFlight, maxBytes: number): boolean {
  const claim = inFlight.claim(maxBytes - 5 * KIB) // what a request takes besides
  claim?.release()
  return claim !== null
}
