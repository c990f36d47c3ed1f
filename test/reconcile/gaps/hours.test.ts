import type pg from 'pg'
import t from 'tap'
import type { RangePolled } from '../../../src/events/directory.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { createCompleteness } from '../../../src/reconcile/gaps/completeness.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { LONG_AFTER, lossyCompany, projectedLossyCompany } from '../../support/lossy-company.js'

const SINCE = new Date(COMPANY_START)
const UNTIL = new Date(COMPANY_START + 12 * HOUR_MS)
const QUERY = { accounts: ['default'], since: SINCE, until: UNTIL, businessNumbers: null, limit: 500, after: null }
const completeness = (pool: pg.Pool, changes: Partial<typeof QUERY | { businessNumbers: string[] }> = {}) =>
  createCompleteness(pool, { all: () => [] })({ ...QUERY, ...changes })
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

t.test('an hour is unknown until all its calls were read', async t => {
  const { pool } = await freshDatabase(t)
  const { delivered, lost, restFacts } = lossyCompany({ hours: 10 })
  const hourOf = (fact: RangePolled) => (Date.parse(fact.from) - COMPANY_START) / HOUR_MS
  const polls = restFacts.filter(fact => fact.type === 'range.polled')
  const during = polls.find(fact => fact.polled === 'calls' && hourOf(fact) === 5)
  if (!during) throw new Error('expected a poll of that hour')
  await projectorOf(pool)([
    ...delivered,
    ...lost,
    ...restFacts.filter(fact => fact.type !== 'range.polled'),
    ...polls.filter(fact => fact.polled !== 'calls' || ![3, 5].includes(hourOf(fact))),
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

/** Returns a poll of calls; all times are minutes from the start, and `at` is the time of the poll. */
function poll(
  from: number,
  until: number,
  { at = 10_000, unread }: { at?: number; unread?: number } = {}
): RangePolled {
  const [begin, end, now] = [from, until, at].map(minutes =>
    new Date(COMPANY_START + minutes * 60_000).toISOString()
  ) as [string, string, string]
  return {
    type: 'range.polled',
    id: crypto.randomUUID(),
    account: 'default',
    source: 'rest',
    occurredAt: now,
    receivedAt: now,
    rangeId: `calls ${begin} ${end}`,
    polled: 'calls',
    scope: null,
    from: begin,
    until: end,
    count: 9,
    ...(unread && { unread }),
    raw: {}
  }
}

t.test('adjacent polls complete an hour together', async t => {
  const { pool } = await freshDatabase(t)
  await projectorOf(pool)([poll(-10, 25), poll(25, 40), poll(35, 90), poll(120, 150), poll(151, 300)])
  t.strictSame((await completeness(pool)).hours.map(({ state }) => state).slice(0, 5), [
    'complete',
    'unknown',
    'unknown',
    'complete',
    'complete'
  ])
})

t.test('hours with unreadable rows are unknown until a later poll reads them in full', async t => {
  const { pool } = await freshDatabase(t)
  const project = projectorOf(pool)
  const states = async () => (await completeness(pool)).hours.map(({ state }) => state).slice(0, 5)
  await project([poll(0, 70, { at: 70 }), poll(50, 130, { at: 130, unread: 1 }), poll(70, 310, { at: 310 })])
  t.strictSame(
    await states(),
    ['unknown', 'unknown', 'complete', 'complete', 'complete'],
    'the hours that a later poll without unreadable rows covers are complete'
  )
  await project([poll(50, 130, { at: 400 })])
  t.strictSame(
    await states(),
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
