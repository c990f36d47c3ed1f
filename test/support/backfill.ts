import { pino } from 'pino'
import type { Test } from 'tap'
import { type Account, createAccounts } from '../../src/accounts/accounts.js'
import type { Clock } from '../../src/lib/clock.js'
import { DAY_MS } from '../../src/lib/instant.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'
import { createRest } from '../../src/mightycall/rest/rest.js'
import { createPageAcceptor } from '../../src/reconcile/accept-page.js'
import type { Backfill, Waiting } from '../../src/reconcile/backfill/backfill.js'
import { createBackfills } from '../../src/reconcile/backfill/backfills.js'
import { startBackfillRunner } from '../../src/reconcile/backfill/runner.js'
import { joinElection } from '../../src/reconcile/leader-election.js'
import { type SimulatedMightyCallOptions, startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import type { TruthAt } from '../../src/simulator/http/state/truth-at.js'
import { COMPANY_START } from './company.js'
import { freshDatabase } from './database.js'
import { eventually } from './eventually.js'
import { manualClock } from './manual-clock.js'
import { openProjectedLog } from './projected-log.js'

export const COMPANY_BEGAN_AT = new Date(COMPANY_START)
/** Three days after the company began, long after its last call. */
export const NOW = new Date(COMPANY_START + 3 * DAY_MS)
export const WHOLE_PERIOD = {
  account: 'default',
  interval: { from: COMPANY_BEGAN_AT, until: NOW },
  requestedUntil: null
}

const COMPANY = { seed: 11, startAt: COMPANY_START, calls: 90, messages: 40, hours: 66 }
/** For tests of waiting and resuming, which depend on the requests and not on the number of rows. */
export const SMALL_COMPANY = { ...COMPANY, calls: 30, messages: 12 }
/** Each poll queries Postgres, which the backfill needs as well. */
const POLL_MS = 25

interface Options extends Partial<Omit<SimulatedMightyCallOptions, 'clock'>> {
  budget?: number
  account?: Partial<Account>
}

/**
 * Starts a simulated MightyCall whose company has existed for three days without webhooks, a projector and the means to
 * backfill it. The clock moves only when the test advances it.
 */
export async function setUpBackfill(t: Test, { budget = 2_000, account: changes = {}, ...simulated }: Options = {}) {
  const clock = manualClock(NOW.toISOString())
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock,
    company: COMPANY,
    ...simulated
  })
  t.teardown(mightyCall.close)
  const { pool } = await freshDatabase(t)
  const logger = pino({ level: 'silent' })
  const log = await openProjectedLog(t, pool, clock.now)
  const account: Account = {
    id: 'default',
    tokens: [],
    apiKey: mightyCall.apiKey,
    userKeys: mightyCall.userKeys,
    kind: 'classic',
    baseUrl: mightyCall.baseUrl,
    timeZone: 'UTC',
    region: 'US',
    ...changes
  }
  const accounts = createAccounts([account], { timeZone: 'UTC', region: 'US' })

  /** Starts a backfill runner, as a process does. */
  const start = (time: Clock = clock) => {
    const rest = createRest({
      quota: createQuotaLedger(pool, budget),
      logger,
      now: time.now,
      random: () => 1,
      onDrift: () => {}
    })
    const backfiller = startBackfillRunner({
      pool,
      append: createPageAcceptor({ pool, log, now: time.now }),
      rest,
      accounts,
      leader: joinElection(pool, 'backfiller'),
      clock: time,
      logger
    })
    t.teardown(backfiller.close)
    return { ...backfiller, backfills: createBackfills({ pool, now: time.now, wake: backfiller.wake }) }
  }
  /** Resolves with the backfill in this state; `onWaiting` is called at each poll at which the backfill waits. */
  const untilState = async (
    backfills: ReturnType<typeof start>['backfills'],
    id: string,
    { state, onWaiting = () => {} }: { state: Backfill['state']; onWaiting?: (waiting: Waiting) => void }
  ) => {
    await eventually(
      `the backfill is ${state}`,
      async () => {
        const { waiting, ...backfill } = await backfills.byId(id)
        if (waiting) onWaiting(waiting)
        return backfill.state === state
      },
      30_000,
      POLL_MS
    )
    return backfills.byId(id)
  }
  const rows = async <Row extends object>(sql: string) => (await pool.query<Row>(sql)).rows
  return { clock, mightyCall, pool, accounts, start, untilState, rows }
}

/** Returns the ids in the read models and the outcomes of calls, and the same from the ground truth. */
export async function compareWithTruth(
  { calls, voicemails, messages }: TruthAt,
  rows: <Row extends object>(sql: string) => Promise<Row[]>
) {
  const found = {
    calls: (await rows<{ id: string; outcome: string }>('select call_id as id, outcome from call_history'))
      .map(({ id, outcome }) => `${id} ${outcome}`)
      .sort(),
    voicemails: (await rows<{ id: string }>('select voicemail_id as id from voicemail_logs'))
      .map(({ id }) => id)
      .sort(),
    messages: (await rows<{ id: string }>('select message_id as id from sms_logs')).map(({ id }) => id).sort()
  }
  const expected = {
    calls: calls.map(({ id, outcome }) => `${id} ${outcome}`).sort(),
    voicemails: voicemails.map(({ voicemailId }) => voicemailId).sort(),
    messages: messages.map(({ messageId }) => messageId).sort()
  }
  return { found, expected }
}
