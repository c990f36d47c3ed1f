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

/** Starts a receiver whose appends stay pending until the test settles them. */
async function withPendingAppends(t: Test, options: Partial<WebhookOptions> = {}) {
  const pending: { resolve: () => void; reject: (err: Error) => void }[] = []
  const append = () =>
    new Promise<void>((resolve, reject) => {
      pending.push({ resolve, reject })
    })
  return { ...(await startReceiver(t, { append, ...options })), pending }
}

t.test('when the log hangs, requests beyond the limit get 503, and later requests are accepted again', async t => {
  const inFlight = createInFlight(MIB)
  const { post, pending, results, lines } = await withPendingAppends(t, { inFlight })
  const first = Array.from({ length: 5 }, () => post(LARGE))
  await eventually('the capacity is used up', () => pending.length === 4 && results.length === 1)
  t.equal(inFlight.trouble(), null, 'small requests still fit')
  const rejected = await Promise.all(Array.from({ length: 20 }, () => post(LARGE)))
  for (const { status, headers, body } of rejected) {
    t.equal(status, 503)
    t.match(headers.get('retry-after'), /^\d+$/)
    t.match(JSON.parse(body), { statusCode: 503, code: 'MCS_OVERLOADED', error: 'Service Unavailable' })
  }
  t.equal(lines.filter(line => line.includes('"alarm":"overloaded"')).length, 1, 'a flood of rejections logs one alarm')
  for (const { resolve } of pending) resolve()
  t.strictSame((await Promise.all(first)).map(({ status }) => status).sort(), [200, 200, 200, 200, 503])
  const after = post(LARGE)
  await eventually('there is capacity again', () => pending.length === 5)
  pending.at(-1)?.resolve()
  t.equal((await after).status, 200)
})

t.test('small bodies are limited as well', async t => {
  const inFlight = createInFlight(MIB)
  const { post, pending, results } = await withPendingAppends(t, { inFlight })
  const all = Array.from({ length: 300 }, () => post(BODY))
  await eventually('all are pending or rejected', () => pending.length + results.length === 300)
  t.ok(pending.length > 150 && pending.length < 200, `${pending.length} of about 190 were accepted`)
  t.equal(inFlight.trouble(), 'too much waits for the event log', 'the readiness shows it')
  for (const { resolve } of pending) resolve()
  t.equal((await Promise.all(all)).filter(({ status }) => status === 200).length, pending.length)
  t.equal(inFlight.trouble(), null)
})

t.test('a rejected request is answered before its body is read, and the connection is kept', async t => {
  const { port, path, pending, post } = await withPendingAppends(t, { inFlight: createInFlight(300 * 1024) })
  const first = post(LARGE)
  await eventually('one append is pending', () => pending.length === 1)
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`POST ${path}`, ['Content-Length: 200000'], 'x'))
  await connection.untilAnswered()
  t.strictSame(connection.statuses(), [503])
  pending[0]?.resolve()
  await first
  connection.send('x'.repeat(199_999), rawRequest(`POST ${path}`, [`Content-Length: ${BODY.length}`], BODY))
  await eventually('the next request is accepted', () => pending.length === 2)
  pending[1]?.resolve()
  await connection.untilAnswered(2)
  t.strictSame(connection.statuses(), [503, 200])
})

t.test('a chunked body reserves the maximum size until it is complete', async t => {
  const { port, path, pending, post } = await withPendingAppends(t, { inFlight: createInFlight(300 * 1024) })
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'))
  await eventually('another request does not fit', async () => (await post(LARGE)).status === 503)
  connection.send('0\r\n\r\n')
  await eventually('the append is pending', () => pending.length === 1)
  const next = post(LARGE)
  await eventually('there is capacity again', () => pending.length === 2)
  for (const { resolve } of pending) resolve()
  t.equal((await next).status, 200)
})

t.test('rejected, too large and empty bodies release their capacity', async t => {
  const { post, results } = await startReceiver(t, { inFlight: createInFlight(MIB) })
  for (let i = 0; i < 8; i++) {
    // fetch may fail while it still writes
    t.equal((await post('x'.repeat(300 * 1024)).catch(() => ({ status: 413 }))).status, 413)
    t.equal((await post('')).status, 200)
    t.equal((await post(LARGE)).status, 200)
  }
  t.notOk(results.includes('overloaded'))
})

t.test('a hanging append is answered with 503 in time, and releases its capacity when it settles', async t => {
  const inFlight = createInFlight(300 * 1024)
  const { post, pending, results, lines } = await withPendingAppends(t, { inFlight, answerWithinMs: 400 })
  const late = await post(LARGE)
  t.equal(late.status, 503)
  t.match(late.headers.get('retry-after'), /^\d+$/)
  t.equal((JSON.parse(late.body) as { code: string }).code, 'MCS_NOT_STORED')
  t.equal(inFlight.trouble(), 'the event log does not answer', 'the readiness shows it')
  t.equal((await post(LARGE)).status, 503)
  t.strictSame(results, ['not-stored', 'overloaded'])
  pending[0]?.reject(new Error('rejected after the response'))
  await eventually('its capacity is released', () => inFlight.trouble() === null)
  const next = post(LARGE)
  await eventually('the next request is accepted', () => pending.length === 2)
  pending[1]?.resolve()
  t.equal((await next).status, 200)
  const problems = lines.map(line => JSON.parse(line) as { level: number }).filter(({ level }) => level > 30)
  const expected = [
    { level: 40, err: { code: 'MCS_NOT_STORED' }, msg: 'requests are refused' },
    { level: 50, alarm: 'overloaded' }
  ]
  t.match(problems, expected, 'the timeout and the overload are logged')
  t.equal(problems.length, 2, 'the late rejection is harmless')
})

t.test('a notification that is stored after its response, and sent again, has the same event id', async t => {
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
