import type pg from 'pg'
import type { Logger } from 'pino'
import type { Accounts } from '../accounts/accounts.js'
import type { EventLog } from '../event-log/port.js'
import type { BackgroundService } from '../lib/background-start.js'
import type { Clock } from '../lib/clock.js'
import { createQuotaLedger } from '../mightycall/rest/quota/ledger.js'
import { createRest } from '../mightycall/rest/rest.js'
import { createIntake } from './accept-page.js'
import { createSettling } from './await-projection.js'
import { type Backfiller, startBackfiller } from './backfill/runner.js'
import { createLedger } from './gaps/detect.js'
import { standForElection } from './leader-election.js'
import { startReconciler } from './reconciler.js'
import { createDriftTeller } from './report-drift.js'
import { READERS } from './routes/all-routes.js'
import { createSync, type Sync } from './sync.js'

export interface ReconcilingOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  accounts: Accounts
  /** Requests in 24 h, of each API key. */
  dailyBudget: number
  clock: Clock
  logger: Logger
}

export interface Reconciling {
  sync: Sync
  /** Looks at once whether a backfill is to be begun or stopped. */
  wakeBackfiller: () => void
  /** Begins to read by itself. */
  start: () => BackgroundService
}

/**
 * What MightyCall is asked, by itself and at a person's wish: both through one client and one memory of what was
 * appended.
 */
export function createReconciling({
  pool,
  log,
  accounts,
  dailyBudget,
  clock,
  logger
}: ReconcilingOptions): Reconciling {
  const rest = createRest({
    quota: createQuotaLedger(pool, dailyBudget),
    logger,
    now: clock.now,
    random: Math.random,
    onDrift: createDriftTeller({ pool, now: clock.now, logger })
  })
  const shared = {
    pool,
    ...createSettling({ pool, append: createIntake({ pool, log, now: clock.now }) }),
    rest,
    readers: READERS,
    clock,
    logger
  }
  let backfiller: Backfiller | null = null
  return {
    sync: createSync(shared),
    wakeBackfiller: () => backfiller?.wake(),
    start: () => {
      const reconciler = startReconciler({
        ...shared,
        accounts,
        leader: standForElection(pool),
        onRead: createLedger({ pool, logger, accounts, now: clock.now })
      })
      const reading = startBackfiller({ ...shared, accounts, leader: standForElection(pool, 'backfiller') })
      backfiller = reading
      return {
        trouble: () => null,
        close: async () => {
          await Promise.all([reconciler.close(), reading.close()])
        }
      }
    }
  }
}
