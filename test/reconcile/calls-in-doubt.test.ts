import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { HOUR_MS } from '../../src/lib/instant.js'
import { createDoubtfulCalls, isDue, loadCallsInDoubt } from '../../src/reconcile/calls-in-doubt.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import { projectorOf } from '../support/company.js'
import { json } from '../support/mightycall-api.js'
import { atMinute, reportedCall, webhookEventsOf } from '../support/reported-calls.js'
import { setUpReaders } from '../support/route-readers.js'

const LONGEST_CALL_MS = 12 * HOUR_MS

/** The webhooks of a call of extension 101: it is answered at this minute and ends after `minutes`, or is open. */
function answeredCall(callId: string, at: number, minutes: number | null): Event[] {
  const [started, completed] = webhookEventsOf(callId, 1, at)
  if (started?.type !== 'call.started' || completed?.type !== 'call.completed') throw new Error('expected two events')
  const event = (type: 'call.ringing' | 'call.connected', minute: number): Event => ({
    ...started,
    type,
    id: randomId(),
    occurredAt: atMinute(minute).toISOString(),
    receivedAt: atMinute(minute).toISOString(),
    extension: '101'
  })
  const end = minutes === null ? [] : [{ ...completed, occurredAt: atMinute(at + minutes).toISOString() }]
  return [started, event('call.ringing', at + 0.1), event('call.connected', at + 0.2), ...end]
}

async function setUp(t: Test, events: Event[]) {
  const { context, pool, seen, replies, clock } = await setUpReaders(t)
  await projectorOf(pool)(events.map(event => ({ ...event, account: context.account.id })))
  const appended: Fact[] = []
  const append = async (facts: readonly Fact[]) => {
    appended.push(...facts)
    return []
  }
  const doubtful = createDoubtfulCalls({ pool, append, longestCallMs: LONGEST_CALL_MS })
  const readAt = async (minute: number, options = {}) => {
    clock.now = atMinute(minute)
    return doubtful.read(context, options)
  }
  const requested = () => seen.flatMap(({ route }) => (/^GET \/api\/calls\/(.+)$/.exec(route) ?? []).slice(1))
  const inDoubtAt = async (minute: number) =>
    (await loadCallsInDoubt(pool, context.account.id, { now: atMinute(minute), longestCallMs: LONGEST_CALL_MS })).map(
      ({ id }) => id
    )
  return { replies, readAt, requested, appended, inDoubtAt }
}

const row = (id: string, minutes: number | null) => ({
  data: {
    id,
    direction: 'Incoming',
    dateTimeUtc: atMinute(0).toISOString(),
    duration: minutes === null ? null : String(minutes * 60_000),
    callStatus: minutes === null ? null : 'Connected'
  },
  isSuccess: true
})
const notFound = json({ message: 'Call not found' }, 400)

t.test('a call of 74 minutes that lost its end is requested by its id until it is listed', async t => {
  const { replies, readAt, requested, appended } = await setUp(t, answeredCall('a', 0, null))
  replies['GET /api/calls/a'] = notFound
  await readAt(15.1)
  t.strictSame(requested(), [], 'the list is read while the call is silent for a short time')
  for (const minute of [15.2, 30, 30.2, 60]) t.equal(await readAt(minute), 0)
  t.strictSame(requested(), ['a', 'a'], 'it is requested again at twice the age only')
  t.equal(await readAt(60.2), 0)
  replies['GET /api/calls/a'] = json(row('a', 74))
  t.equal(await readAt(119), 0)
  t.equal(await readAt(120.2), 1)
  t.match(appended, [{ type: 'call.reported', route: 'calls', callId: 'a', durationSeconds: 74 * 60 }])
})

t.test('a long call whose end was notified is requested minutes after it', async t => {
  const { replies, readAt, appended } = await setUp(t, answeredCall('a', 0, 180))
  replies['GET /api/calls/a'] = json(row('a', 180))
  await readAt(182.9)
  t.equal(appended.length, 0)
  t.equal(await readAt(183), 1)
  t.match(appended, [{ callId: 'a', durationSeconds: 180 * 60 }])
})

t.test('newer evidence of the same extension makes a call be requested at once', async t => {
  const { replies, readAt, requested, inDoubtAt } = await setUp(t, [
    ...answeredCall('lost', 0, null),
    ...answeredCall('newer', 5, 2)
  ])
  replies['GET /api/calls/lost'] = notFound
  t.strictSame(await inDoubtAt(8), ['lost'], 'although it began within the last hour')
  await readAt(8)
  await readAt(8.1)
  t.strictSame(requested(), ['lost'])
})

for (const { name, events } of [
  { name: 'the newer call is in progress too', events: answeredCall('newer', 5, null) },
  { name: 'the newer call ended before the last event of the first', events: answeredCall('newer', 0.05, 0.1) }
])
  t.test(`there is no newer evidence when ${name}`, async t => {
    const { inDoubtAt } = await setUp(t, [...answeredCall('open', 0, null), ...events])
    t.notOk((await inDoubtAt(12)).includes('open'))
  })

t.test('a call is in doubt until the list or a request reports its end, and for twice the longest call', async t => {
  const long = answeredCall('a', 0, 180)
  const report = (overrides: object): Event => ({ ...reportedCall('a', 1, 0), id: randomId(), ...overrides })
  for (const [name, events, minute, ids] of [
    ['it is not reported', [], 190, ['a']],
    ['only the journal reports it', [report({ route: 'journal' })], 190, ['a']],
    ['its report has no end', [report({ status: null, durationSeconds: null })], 190, ['a']],
    ['its end is reported', [report({})], 190, []],
    ['it began a day ago', [], 24 * 60 + 1, []]
  ] as const)
    t.strictSame(await (await setUp(t, [...long, ...events])).inDoubtAt(minute), ids, name)
})

t.test('a response without an end, and one for another call, report nothing', async t => {
  const { replies, readAt, appended } = await setUp(t, [...answeredCall('a', 0, 90), ...answeredCall('b', 1, 90)])
  replies['GET /api/calls/a'] = json(row('a', null))
  replies['GET /api/calls/b'] = json(row('other', 90))
  t.equal(await readAt(120), 0)
  t.equal(appended.length, 0)
})

t.test('few calls are requested at once, more when somebody asks, and a hundred in a day', async t => {
  const calls = Array.from({ length: 120 }, (_, i) => `c${i}`)
  const { replies, readAt, requested } = await setUp(
    t,
    calls.flatMap((id, i) => answeredCall(id, i / 10, null))
  )
  for (const id of calls) replies[`GET /api/calls/${id}`] = notFound
  await readAt(80)
  t.equal(requested().length, 5)
  await readAt(81, { isForced: true })
  t.equal(requested().length, 25)
  for (let minute = 82; minute < 120; minute++) await readAt(minute)
  t.equal(requested().length, 100)
})

t.test('the age of a call grows between two requests', async t => {
  const lastEventAt = atMinute(0)
  const open = { id: 'a', hasEnded: false, lastEventAt, contradictedAt: null }
  for (const [call, requested, now, due] of [
    [open, null, 14.9, false],
    [open, null, 15, true],
    [{ ...open, hasEnded: true }, null, 2.9, false],
    [{ ...open, hasEnded: true }, null, 3, true],
    [{ ...open, hasEnded: true }, 10, 14.9, false],
    [{ ...open, hasEnded: true }, 10, 15, true],
    [open, 15, 29.9, false],
    [open, 15, 30, true],
    [open, 100, 199, false],
    [open, -5, 15, true],
    [{ ...open, contradictedAt: atMinute(3) }, null, 3, true],
    [{ ...open, contradictedAt: atMinute(3) }, 4, 5, false],
    [{ ...open, contradictedAt: atMinute(6) }, 4, 7, true]
  ] as const)
    t.equal(isDue(call, requested === null ? null : atMinute(requested), atMinute(now)), due, `${requested} ${now}`)
})
