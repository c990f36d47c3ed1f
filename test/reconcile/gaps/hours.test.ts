import type pg from 'pg'
import t from 'tap'
import type { RangePolled } from '../../../src/events/directory.js'
import { createCompleteness } from '../../../src/reconcile/gaps/completeness.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { HOUR_MS, LONG_AFTER, lossyCompany, projectedLossyCompany } from '../../support/lossy-company.js'

const SINCE = new Date(COMPANY_START)
const UNTIL = new Date(COMPANY_START + 12 * HOUR_MS)
const ask = { accounts: ['default'], since: SINCE, until: UNTIL, businessNumbers: null, limit: 500, after: null }
const completeness = (pool: pg.Pool, changes: Partial<typeof ask | { businessNumbers: string[] }> = {}) =>
  createCompleteness(pool, { all: () => [] })({ ...ask, ...changes })
const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)

t.test('the sums of the hours are what a recount gives', async t => {
  const { pool, truth, missing, notified } = await projectedLossyCompany(t, { hours: 10 })
  await detectGaps(pool, { account: 'default', now: LONG_AFTER, since: SINCE })
  const { hours } = await completeness(pool)
  const wholly = [...missing.values()].filter(what => what === 'call').length
  for (const number of new Set(truth.calls.map(call => call.businessNumber))) {
    for (let at = COMPANY_START; at < UNTIL.getTime(); at += HOUR_MS) {
      const row = hours.find(({ hour, businessNumber }) => hour.getTime() === at && businessNumber === number)
      const isHere = (instant: number, own: string) => instant >= at && instant < at + HOUR_MS && own === number
      const calls = truth.calls.filter(call => isHere(call.startedAt, call.businessNumber))
      const counts = {
        reported: calls.length,
        heard: calls.filter(call => missing.get(call.id) !== 'call').length,
        projected: calls.length,
        voicemails: truth.voicemails.filter(voicemail => isHere(voicemail.leftAt, voicemail.businessNumber)).length,
        messages: truth.messages.filter(message => isHere(message.sentAt, message.businessNumber)).length,
        healed: calls.filter(call => missing.has(call.id)).length,
        open: 0
      }
      t.match(row ?? counts, counts) // an hour in which nothing happened to a number has no row of it
      if (Object.values(counts).some(count => count > 0)) t.ok(row)
    }
  }
  t.equal(
    sum(hours, row => row.reported),
    truth.calls.length
  )
  t.equal(
    sum(hours, row => row.heard),
    truth.calls.length - wholly
  )
  t.equal(
    sum(hours, row => row.healed),
    missing.size
  )
  t.ok(notified.length > 0)
})

t.test('an hour of which not all calls were read is unknown, whatever is known of it', async t => {
  const { pool } = await freshDatabase(t)
  const { notified, lost, told } = lossyCompany({ hours: 10 })
  const hourOf = (fact: RangePolled) => (Date.parse(fact.from) - COMPANY_START) / HOUR_MS
  const polls = told.filter(fact => fact.type === 'range.polled')
  const during = polls.find(fact => fact.polled === 'calls' && hourOf(fact) === 5)
  if (!during) throw new Error('no poll of that hour')
  await projectorOf(pool)([
    ...notified,
    ...lost,
    ...told.filter(fact => fact.type !== 'range.polled'),
    ...polls.filter(fact => fact.polled !== 'calls' || ![3, 5].includes(hourOf(fact))),
    { ...during, occurredAt: new Date(COMPANY_START + 5.5 * HOUR_MS).toISOString() } // before the hour was over
  ])
  const { hours } = await completeness(pool)
  const stateOf = (n: number) => [
    ...new Set(hours.filter(({ hour }) => hour.getTime() === COMPANY_START + n * HOUR_MS).map(({ state }) => state))
  ]
  for (let n = 0; n < 12; n++)
    t.strictSame(stateOf(n), [n < 10 && n !== 3 && n !== 5 ? 'complete' : 'unknown'], `hour ${n}`)

  const silent = await completeness(pool, { businessNumbers: ['+15550100999'] })
  t.strictSame(
    silent.hours.map(({ businessNumber, state }) => [businessNumber, state]),
    Array.from({ length: 12 }, (_, n) => ['+15550100999', n < 10 && n !== 3 && n !== 5 ? 'complete' : 'unknown']),
    'of a number with which nothing happened, too'
  )
})

/** Minutes from the start; `at` is when it was made. */
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

t.test('polls that lie side by side read an hour together', async t => {
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

t.test(
  'hours of which a row could not be read are unknown, whatever was told before it was there, until they are read in full',
  async t => {
    const { pool } = await freshDatabase(t)
    const project = projectorOf(pool)
    const states = async () => (await completeness(pool)).hours.map(({ state }) => state).slice(0, 5)
    await project([poll(0, 70, { at: 70 }), poll(50, 130, { at: 130, unread: 1 }), poll(70, 310, { at: 310 })])
    t.strictSame(
      await states(),
      ['unknown', 'unknown', 'complete', 'complete', 'complete'],
      'what lies between both polls is told by the later one'
    )
    await project([poll(50, 130, { at: 400 })])
    t.strictSame(await states(), ['complete', 'complete', 'complete', 'complete', 'complete'], 'it was mended')
  }
)

t.test(
  'a call that could not be folded, and one held back, are reported and not projected: their hours are open',
  async t => {
    const { pool } = await projectedLossyCompany(t, { hours: 10 })
    const {
      rows: [call]
    } = await pool.query<{ call_id: string; business_number: string }>(
      'delete from call_history where started_at >= $1 and rest_events > 0 and webhook_events > 0 returning call_id, business_number, started_at',
      [new Date(COMPANY_START + 9 * HOUR_MS)]
    )
    await pool.query(
      "update entities set failed = 'MCS_INTERNAL' where kind = 'call' and not exists (select from call_history where call_id = entity)"
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
  }
)
