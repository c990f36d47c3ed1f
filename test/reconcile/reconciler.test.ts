import { pino } from 'pino'
import t from 'tap'
import { type Account, createAccounts } from '../../src/accounts/accounts.js'
import { QuotaError, RestAuthError } from '../../src/errors.js'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'
import { createRest } from '../../src/mightycall/rest/rest.js'
import type { DoubtfulCalls } from '../../src/reconcile/calls-in-doubt.js'
import { moveCursor } from '../../src/reconcile/cursors.js'
import { joinElection } from '../../src/reconcile/leader-election.js'
import type { ReadRouteOptions } from '../../src/reconcile/read-route.js'
import { startReconciler } from '../../src/reconcile/reconciler.js'
import { projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { manualClock } from '../support/manual-clock.js'
import {
  ACCOUNT,
  NO_DOUBTFUL_CALLS,
  numberReported,
  type RecordingReader,
  readerOf
} from './support/recording-reader.js'

const MINUTE = 60_000

async function setUpReconciler(
  t: Parameters<typeof freshDatabase>[0],
  readers: RecordingReader[],
  {
    accounts = [ACCOUNT],
    from = '2026-11-23T09:00:00Z',
    database = freshDatabase(t),
    append = async () => [],
    doubtfulCalls = NO_DOUBTFUL_CALLS
  }: {
    accounts?: Account[]
    from?: string
    database?: ReturnType<typeof freshDatabase>
    append?: ReadRouteOptions['append']
    doubtfulCalls?: DoubtfulCalls
  } = {}
) {
  const { pool } = await database
  const clock = manualClock(from)
  const lines: string[] = []
  const logger = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        lines.push(line)
      }
    }
  )
  const rest = createRest({
    quota: createQuotaLedger(pool, 2_000),
    logger,
    now: clock.now,
    random: () => 0.5,
    onDrift: () => {}
  })
  const reconciler = startReconciler({
    pool,
    append,
    accounts: createAccounts(accounts, { timeZone: 'UTC', region: 'US' }),
    rest,
    readers,
    longestCallMs: 12 * 60 * MINUTE,
    doubtfulCalls,
    leader: joinElection(pool),
    clock,
    logger
  })
  t.teardown(reconciler.close)
  const idle = () => eventually('the reconciler waits for its next round', () => clock.waiting() === 1)
  /** Advances the clock by this time, one round after another. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      clock.advance(10_000)
      await idle()
    }
  }
  await idle()
  return { pass, lines, close: reconciler.close }
}

t.test('each route is read at the start and then on its own schedule', async t => {
  const [journal, numbers] = [readerOf('journal', () => [[]]), readerOf('numbers', () => [[]])]
  const { pass } = await setUpReconciler(t, [journal, numbers])
  t.same([journal.reads.length, numbers.reads.length], [1, 1])
  await pass(14 * MINUTE)
  t.same([journal.reads.length, numbers.reads.length], [1, 1])
  await pass(MINUTE)
  t.same([journal.reads.length, numbers.reads.length], [2, 1])
})

t.test('an account without an API key is not read, and each scope is read separately', async t => {
  const presence = readerOf('presence', () => [[]], ['101', '102'])
  await setUpReconciler(t, [presence], { accounts: [{ ...ACCOUNT, id: 'silent', apiKey: null }, ACCOUNT] })
  t.same(
    presence.reads.map(({ scope }) => scope),
    ['101', '102']
  )
})

t.test('a route that fails is retried with a growing delay, and delays no other route', async t => {
  const calls = readerOf('calls', read => (read < 2 ? [new RestAuthError('no')] : [[]]))
  const numbers = readerOf('numbers', () => [[]])
  const { pass } = await setUpReconciler(t, [calls, numbers])
  t.equal(numbers.reads.length, 1)
  await pass(0.5 * MINUTE)
  t.equal(calls.reads.length, 2)
  await pass(0.5 * MINUTE)
  t.equal(calls.reads.length, 2)
  await pass(0.5 * MINUTE)
  t.equal(calls.reads.length, 3)
})

t.test('a route that was read shortly before the start is not read again at once', async t => {
  const database = freshDatabase(t)
  await moveCursor(
    (await database).pool,
    { account: ACCOUNT.id, route: 'journal', scope: null },
    { until: new Date('2026-11-23T08:55:00Z'), now: new Date('2026-11-23T08:55:00Z') }
  )
  const journal = readerOf('journal', () => [[]])
  const { pass } = await setUpReconciler(t, [journal], { database })
  t.equal(journal.reads.length, 0)
  await pass(10 * MINUTE)
  t.match(journal.reads, [{ interval: { from: new Date('2026-11-23T07:55:00Z') } }])
})

t.test('of two reconcilers with one database only the elected one reads', async t => {
  const database = freshDatabase(t)
  const [one, two] = [readerOf('journal', () => [[]]), readerOf('journal', () => [[]])]
  const first = await setUpReconciler(t, [one], { database })
  const second = await setUpReconciler(t, [two], { database })
  await second.pass(MINUTE)
  t.same([one.reads.length, two.reads.length], [1, 0])
  await first.close()
  await second.pass(15 * MINUTE)
  t.equal(two.reads.length, 1)
})

const aNumber = numberReported('+15551000001', '2026-11-23T09:00:00Z')
for (const { name, pages = [[]], before = [], reads } of [
  { name: 'a read without facts is not traffic', reads: 1 },
  { name: 'new facts are traffic', pages: [[aNumber]], reads: 4 },
  { name: 'facts of a backfill are not traffic', before: [aNumber], reads: 1 }
]) {
  t.test(`traffic decides how often a route is read: ${name}`, async t => {
    const database = freshDatabase(t)
    const project = projectorOf((await database).pool)
    const append: ReadRouteOptions['append'] = async facts => {
      // an event is a fact with an id
      const events = facts.map(fact => ({ ...fact, id: randomId() }) as Event)
      await project(events)
      return events
    }
    await append(before)
    const journal = readerOf('journal', () => pages)
    const { pass } = await setUpReconciler(t, [journal], { database, append })
    await pass(14 * MINUTE)
    t.equal(journal.reads.length, reads)
  })
}

t.test('unreadable rows raise one alarm until a read without them', async t => {
  const unread = [2, 2, 0, 1]
  const journal = {
    ...readerOf('journal', () => []),
    read: async function* () {
      yield { facts: [], unlinked: [], rows: 5, unreadable: unread.shift() ?? 0 }
    }
  }
  const { pass, lines } = await setUpReconciler(t, [journal])
  await pass(46 * MINUTE)
  t.strictSame(
    lines
      .map(line => JSON.parse(line) as object)
      .map(({ alarm, route, rows }: { alarm?: string; route?: string; rows?: number }) => [alarm, route, rows]),
    [
      ['rest-rows-unread', 'journal', 2],
      ['rest-rows-unread', 'journal', 1]
    ]
  )
})

t.test('calls in doubt are looked for every minute, and later after a failure or an exhausted quota', async t => {
  let [looks, error] = [0, null as Error | null]
  const doubtfulCalls: DoubtfulCalls = {
    read: async () => {
      looks++
      if (error) throw error
      return 0
    }
  }
  const { pass, lines } = await setUpReconciler(t, [], { doubtfulCalls })
  t.equal(looks, 1)
  await pass(2 * MINUTE)
  t.equal(looks, 3)
  error = new Error('cut')
  await pass(1.5 * MINUTE)
  t.equal(looks, 5, 'it is tried again after half a minute')
  error = Object.assign(new QuotaError('later'), { until: new Date('2026-11-23T09:10:00Z') })
  await pass(6 * MINUTE)
  t.equal(looks, 6)
  error = null
  await pass(MINUTE)
  t.equal(looks, 7)
  t.match(lines, [/calls in doubt/])
  t.equal(lines.length, 1, 'it is logged once')
})

t.test('once a day the flags of unread rows are read as far back as these go', async t => {
  const database = freshDatabase(t)
  const { pool } = await database
  await pool.query(`insert into voicemail_logs (account, voicemail_id, left_at, read, contribution)
    values ('default', 'v', '2026-11-03T12:00:00Z', false, '[]')`)
  const voicemails = readerOf('voicemails', () => [[]])
  const { pass } = await setUpReconciler(t, [voicemails], { database })
  const ofThatDay = () => voicemails.reads.filter(({ interval }) => interval.until < new Date('2026-11-05T00:00:00Z'))
  await pass(59 * MINUTE)
  t.strictSame(ofThatDay(), [], 'a process that restarts often does not read them each time')
  await pass(3 * 60 * MINUTE)
  t.match(ofThatDay(), [
    { interval: { from: new Date('2026-11-03T00:00:00Z'), until: new Date('2026-11-04T00:00:00Z') } }
  ])
  t.equal(ofThatDay().length, 1)
})
