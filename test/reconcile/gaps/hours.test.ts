import type pg from 'pg'
import t, { type Test } from 'tap'
import type { RangePolled } from '../../../src/events/directory.js'
import type { Event } from '../../../src/events/event.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { createCompleteness } from '../../../src/reconcile/gaps/completeness.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { LONG_AFTER, lossyCompany, projectedLossyCompany } from '../../support/lossy-company.js'
import { atMinute, webhookEventsOf } from '../../support/reported-calls.js'

const SINCE = new Date(COMPANY_START)
const UNTIL = new Date(COMPANY_START + 12 * HOUR_MS)
const LONGEST_CALL_MS = 2 * HOUR_MS
const QUERY = { accounts: ['default'], since: SINCE, until: UNTIL, businessNumbers: null, limit: 500, after: null }
const completeness = (pool: pg.Pool, changes: Partial<typeof QUERY | { businessNumbers: string[] }> = {}) =>
  createCompleteness({ pool, accounts: { all: () => [] }, longestCallMs: LONGEST_CALL_MS })({ ...QUERY, ...changes })
const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)

t.test('the counts of the hours equal a recount of the ground truth', async t => {
  const { pool, truth, missing, delivered } = await projectedLossyCompany(t, { hours: 10 })
  await detectGaps(pool, { account: 'default', now: LONG_AFTER, since: SINCE })
  const { hours } = await completeness(pool)
  const withoutWebhooks = [...missing.values()].filter(what => what === 'call').length
  for (const number of new Set(truth.calls.map(call => call.businessNumber))) {
    for (let at = COMPANY_START; at < UNTIL.getTime(); at += HOUR_MS) {
      const row = hours.find(({ hour, businessNumber }) => hour.getTime() === at && businessNumber === number)
      const isInHour = (instant: number, own: string) => instant >= at && instant < at + HOUR_MS && own === number
      const calls = truth.calls.filter(call => isInHour(call.startedAt, call.businessNumber))
      const counts = {
        reported: calls.length,
        heard: calls.filter(call => missing.get(call.id) !== 'call').length,
        projected: calls.length,
        voicemails: truth.voicemails.filter(voicemail => isInHour(voicemail.leftAt, voicemail.businessNumber)).length,
        messages: truth.messages.filter(message => isInHour(message.sentAt, message.businessNumber)).length,
        healed: calls.filter(call => missing.has(call.id)).length,
        open: 0
      }
      t.match(row ?? counts, counts) // a number has no row for an hour without activity
      if (Object.values(counts).some(count => count > 0)) t.ok(row)
    }
  }
  t.equal(
    sum(hours, row => row.reported),
    truth.calls.length
  )
  t.equal(
    sum(hours, row => row.heard),
    truth.calls.length - withoutWebhooks
  )
  t.equal(
    sum(hours, row => row.healed),
    missing.size
  )
  t.ok(delivered.length > 0)
})

const LISTS = ['calls', 'voicemails', 'journal']
const NUMBER = '+15550100001'

/** Returns the polls of all lists, or of one; times are minutes from the start, and `at` is the time of the poll. */
function polls(
  from: number,
  until: number,
  { at = 10_000, unread, routes = LISTS }: { at?: number; unread?: number; routes?: readonly string[] } = {}
): RangePolled[] {
  const [begin = '', end = '', now = ''] = [from, until, at].map(minutes => atMinute(minutes).toISOString())
  return routes.map(route => ({
    type: 'range.polled',
    id: crypto.randomUUID(),
    account: 'default',
    source: 'rest',
    occurredAt: now,
    receivedAt: now,
    rangeId: `${route} ${begin} ${end}`,
    polled: route,
    scope: null,
    from: begin,
    until: end,
    count: 9,
    ...(unread && { unread }),
    raw: {}
  }))
}

async function setUpHours(t: Test, events: Event[]) {
  const { pool } = await freshDatabase(t)
  const project = projectorOf(pool)
  await project(events)
  const statesOf = async (count: number) => (await completeness(pool)).hours.map(({ state }) => state).slice(0, count)
  return { pool, project, statesOf }
}

t.test('an hour is unknown until all its lists were read after it was over', async t => {
  const { delivered, lost, restFacts } = lossyCompany({ hours: 10 })
  const hourOf = (fact: RangePolled) => (Date.parse(fact.from) - COMPANY_START) / HOUR_MS
  const reads = restFacts.filter(fact => fact.type === 'range.polled')
  const during = reads.find(fact => fact.polled === 'calls' && hourOf(fact) === 5)
  if (!during) throw new Error('expected a poll of that hour')
  const { pool } = await setUpHours(t, [
    ...delivered,
    ...lost,
    ...restFacts.filter(fact => fact.type !== 'range.polled'),
    ...reads.filter(fact => fact.polled !== 'calls' || ![3, 5].includes(hourOf(fact))),
    { ...during, occurredAt: new Date(COMPANY_START + 5.5 * HOUR_MS).toISOString() } // before the hour was over
  ])
  const { hours } = await completeness(pool)
  const stateOf = (n: number) => [
    ...new Set(hours.filter(({ hour }) => hour.getTime() === COMPANY_START + n * HOUR_MS).map(({ state }) => state))
  ]
  for (let n = 0; n < 12; n++)
    t.strictSame(stateOf(n), [n < 10 && n !== 3 && n !== 5 ? 'complete' : 'unknown'], `hour ${n}`)

  const quiet = await completeness(pool, { businessNumbers: ['+15550100999'] })
  t.strictSame(
    quiet.hours.map(({ businessNumber, state }) => [businessNumber, state]),
    Array.from({ length: 12 }, (_, n) => ['+15550100999', n < 10 && n !== 3 && n !== 5 ? 'complete' : 'unknown']),
    'the hours of a number without activity have the same states'
  )
})

for (const route of LISTS)
  t.test(`an hour is unknown while ${route} was not read`, async t => {
    const { statesOf } = await setUpHours(t, polls(0, 60, { routes: LISTS.filter(other => other !== route) }))
    t.strictSame(await statesOf(1), ['unknown'])
  })

const SETTLED = 60 + 120 + 30
const open = webhookEventsOf('open', 1, 10).slice(0, 1)
for (const { name, events, sql, state } of [
  { name: 'it has just ended', events: polls(0, 60, { at: 61 }), state: 'settling' },
  {
    name: 'the longest call that began in it may be in progress',
    events: polls(-60, SETTLED - 1, { at: SETTLED - 1 }),
    state: 'settling'
  },
  {
    name: 'the longest call that began in it is listed by now',
    events: polls(-60, SETTLED, { at: SETTLED }),
    state: 'complete'
  },
  {
    name: 'only the journal was read since then',
    events: [...polls(0, 60, { at: 70 }), ...polls(-60, SETTLED, { at: SETTLED, routes: ['journal'] })],
    state: 'settling'
  },
  { name: 'a known call that began in it is in progress', events: [...polls(0, 60), ...open], state: 'settling' },
  {
    name: 'a reported call has no row',
    events: polls(0, 60, { at: 61 }),
    sql: "insert into held_calls values ('default', 'held', $1, $1, null, $2, '[]')",
    state: 'open'
  },
  {
    name: 'it has a gap, and was settled',
    events: polls(0, 60),
    sql: `insert into gaps (account, kind, entity, hour, business_number, missing, detected_at)
      values ('default', 'call', 'c', date_trunc('hour', $1::timestamptz, 'UTC'), $2, 'completion', $1)`,
    state: 'open'
  }
])
  t.test(`an hour is ${state} when ${name}`, async t => {
    const { pool, statesOf } = await setUpHours(t, events)
    if (sql) await pool.query(sql, [atMinute(10), NUMBER])
    t.strictSame(await statesOf(1), [state])
  })

t.test('adjacent polls complete an hour together', async t => {
  const { statesOf } = await setUpHours(t, [
    ...polls(-10, 25),
    ...polls(25, 40),
    ...polls(35, 90),
    ...polls(120, 150),
    ...polls(151, 300)
  ])
  t.strictSame(await statesOf(5), ['complete', 'unknown', 'unknown', 'complete', 'complete'])
})

t.test('hours with unreadable rows are unknown until a later poll reads them in full', async t => {
  const { project, statesOf } = await setUpHours(t, [
    ...polls(0, 70, { at: 2_070 }),
    ...polls(50, 130, { at: 2_130, unread: 1, routes: ['calls'] }),
    ...polls(50, 130, { at: 2_130, routes: ['voicemails', 'journal'] }),
    ...polls(70, 310, { at: 2_310 })
  ])
  t.strictSame(
    await statesOf(5),
    ['unknown', 'unknown', 'complete', 'complete', 'complete'],
    'the hours that a later poll without unreadable rows covers are complete'
  )
  await project(polls(50, 130, { at: 2_400 }))
  t.strictSame(
    await statesOf(5),
    ['complete', 'complete', 'complete', 'complete', 'complete'],
    'a later poll read all rows'
  )
})

t.test('calls that failed to fold or are held are reported but not projected, and their hours are open', async t => {
  const { pool } = await projectedLossyCompany(t, { hours: 10 })
  const {
    rows: [call]
  } = await pool.query<{ call_id: string; business_number: string }>(
    `delete from call_history where started_at >= $1 and rest_events > 0 and webhook_events > 0
       returning call_id, business_number, started_at`,
    [new Date(COMPANY_START + 9 * HOUR_MS)]
  )
  await pool.query(
    `update entities set failed = 'MCS_INTERNAL'
       where kind = 'call' and not exists (select from call_history where call_id = entity)`
  )
  const { rows: lost } = await pool.query<{ entity: string }>('select entity from entities where failed is not null')
  await pool.query("insert into held_calls values ('default', 'held', $1, $1, null, '+15550100001', '[]')", [
    new Date(COMPANY_START + 9.5 * HOUR_MS)
  ])
  t.ok(call && lost.length > 0)
  const hours = (await completeness(pool)).hours.filter(({ hour }) => hour.getTime() === COMPANY_START + 9 * HOUR_MS)
  t.equal(
    sum(hours, row => row.reported - row.projected),
    lost.length + 1
  )
  t.strictSame([...new Set(hours.filter(row => row.reported > row.projected).map(row => row.state))], ['open'])
})
