import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createInFlight } from '../../src/receive/admission.js'
import type { WebhookOptions } from '../../src/receive/webhooks.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { openRawConnection, rawRequest } from '../support/raw-connection.js'
import { startReceiver } from '../support/receiver.js'

const BODY = JSON.stringify(DOCUMENTED_NOTIFICATIONS[0])
const LARGE = 'x'.repeat(200 * 1024)
const MIB = 1024 * 1024

/** A receiver in front of a log that takes everything and settles when it is told to. */
async function beforeHungLog(t: Test, options: Partial<WebhookOptions> = {}) {
  const pending: { resolve: () => void; reject: (err: Error) => void }[] = []
  const append = () =>
    new Promise<void>((resolve, reject) => {
      pending.push({ resolve, reject })
    })
  return { ...(await startReceiver(t, { append, ...options })), pending }
}

t.test('a log that hangs leads to 503 at the cap, not to growth; then all goes on', async t => {
  const inFlight = createInFlight(MIB)
  const { post, pending, results, lines } = await beforeHungLog(t, { inFlight })
  const first = Array.from({ length: 5 }, () => post(LARGE))
  await eventually('as many wait as there is room for', () => pending.length === 4 && results.length === 1)
  t.equal(inFlight.trouble(), null, 'there is still room for small ones')
  const refused = await Promise.all(Array.from({ length: 20 }, () => post(LARGE)))
  for (const { status, headers, body } of refused) {
    t.equal(status, 503)
    t.match(headers.get('retry-after'), /^\d+$/)
    t.match(JSON.parse(body), { statusCode: 503, code: 'MCS_OVERLOADED', error: 'Service Unavailable' })
  }
  t.equal(lines.filter(line => line.includes('"alarm":"overloaded"')).length, 1, 'a flood of refusals is one line')
  for (const { resolve } of pending) resolve()
  t.strictSame((await Promise.all(first)).map(({ status }) => status).sort(), [200, 200, 200, 200, 503])
  const after = post(LARGE)
  await eventually('there is room again', () => pending.length === 5)
  pending.at(-1)?.resolve()
  t.equal((await after).status, 200)
})

t.test('small bodies too come to a cap', async t => {
  const inFlight = createInFlight(MIB)
  const { post, pending, results } = await beforeHungLog(t, { inFlight })
  const all = Array.from({ length: 300 }, () => post(BODY))
  await eventually('all wait or are refused', () => pending.length + results.length === 300)
  t.ok(pending.length > 150 && pending.length < 200, `${pending.length} of some 190 were let in`)
  t.equal(inFlight.trouble(), 'too much waits for the event log', 'readiness says so')
  for (const { resolve } of pending) resolve()
  t.equal((await Promise.all(all)).filter(({ status }) => status === 200).length, pending.length)
  t.equal(inFlight.trouble(), null)
})

t.test('a body that is refused is not read: the answer comes first, and the connection is kept', async t => {
  const { port, path, pending, post } = await beforeHungLog(t, { inFlight: createInFlight(300 * 1024) })
  const first = post(LARGE)
  await eventually('one waits', () => pending.length === 1)
  const wire = await openRawConnection(t, port)
  wire.send(rawRequest(`POST ${path}`, ['Content-Length: 200000'], 'x'))
  await wire.untilAnswered()
  t.strictSame(wire.statuses(), [503])
  pending[0]?.resolve()
  await first
  wire.send('x'.repeat(199_999), rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`], BODY))
  await eventually('the next request is let in', () => pending.length === 2)
  pending[1]?.resolve()
  await wire.untilAnswered(2)
  t.strictSame(wire.statuses(), [503, 200])
})

t.test('chunks are taken for the largest body until they are all there', async t => {
  const { port, path, pending, post } = await beforeHungLog(t, { inFlight: createInFlight(300 * 1024) })
  const wire = await openRawConnection(t, port)
  wire.send(rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'))
  await eventually('no room for another', async () => (await post(LARGE)).status === 503)
  wire.send('0\r\n\r\n')
  await eventually('it is being stored', () => pending.length === 1)
  const next = post(LARGE)
  await eventually('there is room again', () => pending.length === 2)
  for (const { resolve } of pending) resolve()
  t.equal((await next).status, 200)
})

t.test('refused bodies, too large ones and empty ones leave no room taken', async t => {
  const { post, results } = await startReceiver(t, { inFlight: createInFlight(MIB) })
  for (let i = 0; i < 8; i++) {
    // fetch may fail while it still writes
    t.equal((await post('x'.repeat(300 * 1024)).catch(() => ({ status: 413 }))).status, 413)
    t.equal((await post('')).status, 200)
    t.equal((await post(LARGE)).status, 200)
  }
  t.notOk(results.includes('overloaded'))
})

t.test('an append that hangs is answered 503 in time, and holds its room until it settles', async t => {
  const inFlight = createInFlight(300 * 1024)
  const { post, pending, results, lines } = await beforeHungLog(t, { inFlight, answerWithinMs: 400 })
  const late = await post(LARGE)
  t.equal(late.status, 503)
  t.match(late.headers.get('retry-after'), /^\d+$/)
  t.equal((JSON.parse(late.body) as { code: string }).code, 'MCS_NOT_STORED')
  t.equal(inFlight.trouble(), 'the event log does not answer', 'readiness says so')
  t.equal((await post(LARGE)).status, 503)
  t.strictSame(results, ['not-stored', 'overloaded'])
  pending[0]?.reject(new Error('too late to matter'))
  await eventually('its room is free', () => inFlight.trouble() === null)
  const next = post(LARGE)
  await eventually('the next is let in', () => pending.length === 2)
  pending[1]?.resolve()
  t.equal((await next).status, 200)
  t.equal(
    lines.filter(line => line.includes('"level":50')).length,
    2,
    'the late one and the overload are told, the late rejection stops nobody'
  )
})

t.test('what is stored after its answer, and sent again, is one event', async t => {
  const appended: string[] = []
  const append = async (events: { id: string }[]) => {
    appended.push(...events.map(({ id }) => id))
    if (appended.length === 1) await sleep(600)
  }
  const { post } = await startReceiver(t, { append, answerWithinMs: 400 })
  t.equal((await post(BODY)).status, 503)
  t.equal((await post(BODY)).status, 200)
  t.equal(appended.length, 2)
  t.equal(new Set(appended).size, 1)
})
