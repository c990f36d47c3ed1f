import t, { type Test } from 'tap'
import type { CallReported } from '../../../src/events/call.js'
import type { Event } from '../../../src/events/event.js'
import { at } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

interface Timeline {
  data: {
    event: { type: string; recordingLink?: string }
    occurredAt: string
    receivedAt: string
    source: string
    changes: { field: string; from: unknown; to: unknown }[]
  }[]
  truncated: boolean
}

const ANSWERED =
  'IncomingCall@0 > IncomingCallRinging(101)@5 > IncomingCallConnected(101)@20 > IncomingCallCompleted@80'

const REPORT: CallReported = {
  id: '00000000-0000-4000-8000-000000000001',
  type: 'call.reported',
  account: 'default',
  callId: 'call-1',
  occurredAt: at(700),
  receivedAt: at(700),
  source: 'rest',
  route: 'calls',
  raw: {},
  direction: 'inbound',
  status: 'connected',
  businessNumber: null,
  clientNumber: null,
  clientName: 'Ada',
  startedAt: at(0),
  durationSeconds: 80,
  parties: [],
  recordingId: 'r1',
  recordingLink: 'https://media.example/r1.mp3'
}

/** Sets up the API over these events, received in this order, one second apart, from 100 s after the start. */
async function withReceived(t: Test, events: readonly Event[]) {
  const { pool, project } = await projector(t)
  await project(events.map((event, i) => ({ ...event, receivedAt: at(100 + i) })).reverse())
  const { get } = await queryApi(t, pool, () => new Date(START + 3_600_000))
  return { get, timeline: async () => (await get('/v1/calls/call-1/timeline')).json<Timeline>() }
}

/** Formats each change as `field: from → to`. */
const changesOf = (entry: Timeline['data'][number] | undefined) =>
  entry?.changes.map(({ field, from, to }) => `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`)

t.test('each event shows its times, its source and its changes, in the order of receipt', async t => {
  const { timeline } = await withReceived(t, [...history(ANSWERED), REPORT])
  const { data, truncated } = await timeline()
  t.equal(truncated, false)
  t.strictSame(
    data.map(({ event, occurredAt, receivedAt, source }) => [event.type, occurredAt, receivedAt, source]),
    [
      ['call.started', at(0), at(100), 'webhook'],
      ['call.ringing', at(5), at(101), 'webhook'],
      ['call.connected', at(20), at(102), 'webhook'],
      ['call.completed', at(80), at(103), 'webhook'],
      ['call.reported', at(700), at(104), 'rest']
    ]
  )
  t.strictSame(changesOf(data[1]), [
    'state: "waiting" → "ringing"',
    'legs[101#1].role: null → "agent"',
    `legs[101#1].ringingAt: null → "${at(5)}"`
  ])
  t.strictSame(changesOf(data[3]), [
    'state: "connected" → "ended"',
    'outcome: null → "answered"',
    `endedAt: null → "${at(80)}"`,
    'talkSeconds: null → 60',
    `legs[101#1].endedAt: null → "${at(80)}"`
  ])
  t.strictSame(changesOf(data[4]), [
    'client: {"number":"+15559371200","name":null} → {"number":"+15559371200","name":"Ada"}',
    'recording: null → {"id":"r1"}'
  ])
})

t.test('the changes of the first event create the call', async t => {
  const { timeline } = await withReceived(t, history('IncomingCall'))
  const { data } = await timeline()
  t.strictSame(
    data[0]?.changes.map(change => [change.field, change.from]),
    [
      ['direction', null],
      ['state', null],
      ['businessNumber', null],
      ['client', null],
      ['startedAt', null]
    ]
  )
})

t.test('a late event shows its corrections, and a redundant event shows no changes', async t => {
  const [started, ringing, connected, completed] = history(ANSWERED)
  const [again] = history('IncomingCallConnected(101)@30')
  if (!started || !ringing || !connected || !completed || !again)
    throw new Error('the history has fewer events than expected')
  const { timeline } = await withReceived(t, [started, ringing, completed, connected, again])
  const { data } = await timeline()
  t.ok(changesOf(data[2])?.includes('outcome: null → "missed"'))
  t.ok(changesOf(data[3])?.includes('outcome: "missed" → "answered"'))
  t.ok(changesOf(data[3])?.includes('legs[101#1].result: "unanswered" → "answered"'))
  t.strictSame(changesOf(data[4]), [])
})

t.test('a leg that turns out not to exist is removed', async t => {
  const [ringing, completed] = history('IncomingCallRinging(101)@50 > IncomingCallCompleted@80')
  const [earlier] = history('IncomingCallCompleted@40')
  if (!ringing || !completed || !earlier) throw new Error('the history has fewer events than expected')
  const { timeline } = await withReceived(t, [ringing, completed, earlier])
  t.match(changesOf((await timeline()).data[2]), ['outcome: "missed" → "abandoned"'])
  t.ok(changesOf((await timeline()).data[2])?.includes('legs[101#1].role: "agent" → null'))
})

t.test('raw events and recording links are not shown', async t => {
  const { get } = await withReceived(t, [...history(ANSWERED), REPORT])
  const { body } = await get('/v1/calls/call-1/timeline')
  for (const secret of ['"raw"', 'media.example', 'EventType']) t.notMatch(body, secret)
  t.match(body, /"family":"incoming"/)
})

t.test('the timeline shows the first 200 events of a call', async t => {
  const { timeline } = await withReceived(
    t,
    history(Array.from({ length: 201 }, (_, i) => `IncomingCallRinging(101)@${i}`).join(' > '))
  )
  const { data, truncated } = await timeline()
  t.strictSame([data.length, truncated], [200, true])
})

t.test('the timeline is found in the same way as its call', async t => {
  const twins = history('IncomingCall').flatMap(event => [event, { ...event, account: 'other' }])
  const { get } = await withReceived(t, twins)
  t.match((await get('/v1/calls/call-1/timeline')).json(), { statusCode: 409, code: 'MCS_AMBIGUOUS_ID' })
  t.equal((await get('/v1/calls/call-1/timeline?account=other')).statusCode, 200)
  for (const path of ['unknown/timeline', 'call-1/timeline?account=third', 'a%00b/timeline'])
    t.equal((await get(`/v1/calls/${path}`)).statusCode, 404)
  t.equal((await get('/v1/calls/call-1/timeline?asOf=2026-11-23')).statusCode, 400)
  t.equal((await get('/v1/calls/call-1/timeline', 'wrong')).statusCode, 401)
})
