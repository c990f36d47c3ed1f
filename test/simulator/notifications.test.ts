import assert from 'node:assert/strict'
import t from 'tap'
import { fieldsOf } from '../../src/mightycall/webhook/fields.js'
import { simulateCompany } from '../../src/simulator/company.js'

const START = Date.UTC(2026, 10, 23, 8)
const classic = simulateCompany({ seed: 3, startAt: START, calls: 300 })
const { truth, notifications } = simulateCompany({ seed: 3, startAt: START, calls: 300, family: 'contact-center' })
const fields = notifications.map(({ body }) => fieldsOf(body))

t.test('a contact center has its own notification types, except for callbacks', async t => {
  const types = [...new Set(fields.map(({ eventType }) => String(eventType)))]
    .filter(type => !type.startsWith('Callback'))
    .sort()
  t.strictSame(types, [
    'IncomingCall',
    'IncomingCallAgentCompleted',
    'IncomingCallAgentConnected',
    'IncomingCallAgentRinging',
    'IncomingCallCompleted',
    'OutgoingCall',
    'OutgoingCallAgentCompleted',
    'OutgoingCallAgentConnected',
    'OutgoingCallAgentDialing',
    'OutgoingCallCompleted'
  ])
})

t.test('contact-center notifications are flat or have a Body, in either casing, with a call id', async t => {
  const ids = new Set(truth.calls.map(call => call.id))
  t.ok(fields.every(({ callId }) => ids.has(String(callId))))
  for (const member of ['Body', 'body', 'CallId', 'callId'])
    t.ok(
      notifications.some(({ body }) => member in body),
      member
    )
})

t.test('the notification of an end has the duration of the call and the link to its recording', async t => {
  const ends = notifications.map(({ body }) => body).filter(body => 'CallDuration' in body)
  t.ok(ends.every(({ CallDuration }) => /^\d\d:\d\d:\d\d$/.test(String(CallDuration))))
  t.ok(ends.some(({ RecordingLink }) => String(RecordingLink).startsWith('https://media.mightycall.com/')))
  t.ok(
    ends.some(({ RecordingLink }) => String(RecordingLink).startsWith('https:/media.mightycall.com/')),
    'some links have a single slash, as in practice'
  )
})

t.test('the end of a leg omits the extension only when no other leg is connected', async t => {
  const nameless = fields.filter(
    ({ eventType, extension }) =>
      /AgentCompleted$/.test(String(eventType)) && typeof extension !== 'string' && typeof extension !== 'number'
  )
  t.ok(nameless.length > 5)
  for (const { callId, timestamp } of nameless) {
    const at = Date.parse(String(timestamp))
    const call = truth.calls.find(({ id }) => id === callId)
    assert.equal(
      call?.legs.filter(leg => leg.connectedAt !== null && leg.connectedAt <= at && leg.endedAt >= at).length,
      1
    )
  }
})

t.test('the staff is the same in both kinds of account, and notifications are in order', async t => {
  t.strictSame(truth.staff, classic.truth.staff)
  t.ok(notifications.every(({ at }, i) => at >= (notifications[i - 1]?.at ?? 0)))
})
