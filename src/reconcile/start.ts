import type pg from 'pg'
import type { Logger } from 'pino'
import type { Accounts } from '../accounts/accounts.js'
import type { EventLog } from '../event-log/port.js'
import type { BackgroundService } from '../lib/background-service.js'
import type { Clock } from '../lib/clock.js'
import { createQuotaLedger } from '../mightycall/rest/quota/ledger.js'
import { createRest, type RestOptions } from '../mightycall/rest/rest.js'
import { createRestObserver, type Metrics } from '../observability/metrics.js'
import { createPageAcceptor } from './accept-page.js'
import { trackProjection } from './await-projection.js'
import { type BackfillRunner, startBackfillRunner } from './backfill/runner.js'
import { createDoubtfulCalls } from './calls-in-doubt.js'
import { createGapDetector } from './gaps/detect.js'
import { joinElection } from './leader-election.js'
import { startReconciler } from './reconciler.js'
import { createDriftReporter } from './report-drift.js'
import { ROUTE_READERS } from './routes/all-routes.js'
import { createSync, type Sync } from './sync.js'

export interface ReconciliationOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  accounts: Accounts
  /** Requests in 24 h for each API key. */
  dailyBudget: number
  /** The length of the longest plausible call: so far back calls may still appear in MightyCall's list. */
  longestCallMs: number
  clock: Clock
  logger: Logger
  /** Of requests to MightyCall, where they differ from the defaults. */
  restLimits?: RestOptions['limits']
  metrics: Metrics
}

export interface Reconciliation {
  sync: Sync
  /** Makes the backfill runner look for backfills to start or to stop now. */
  wakeBackfillRunner: () => void
  /** Starts the scheduled readings and the backfills. */
  start: () => BackgroundService
}

/**
 * Builds what reads MightyCall: scheduled readings, backfills and syncs that users ask for share one REST client and
 * one memory of what was appended.
 */
export function createReconciliation({
  pool,
  log,
  accounts,
  dailyBudget,
  longestCallMs,
  clock,
  logger,
  restLimits = {},
  metrics
}: ReconciliationOptions): Reconciliation {
  const rest = createRest({
    quota: createQuotaLedger(pool, dailyBudget),
    logger,
    now: clock.now,
    random: Math.random,
    limits: restLimits,
    observer: createRestObserver(metrics),
    onDrift: createDriftReporter({ pool, now: clock.now, logger })
  })
  const projection = trackProjection({ pool, append: createPageAcceptor({ pool, log, now: clock.now }) })
  const shared = {
    pool,
    ...projection,
    rest,
    doubtfulCalls: createDoubtfulCalls({ pool, append: projection.append, longestCallMs }),
    readers: ROUTE_READERS,
    longestCallMs,
    clock,
    logger
  }
  let backfillRunner: BackfillRunner | null = null
  return {
    sync: createSync(shared),
    wakeBackfillRunner: () => backfillRunner?.wake(),
    start: () => {
      const reconciler = startReconciler({
        ...shared,
        accounts,
        leader: joinElection(pool),
        onRead: createGapDetector({ pool, logger, accounts, now: clock.now })
      })
      const runner = startBackfillRunner({ ...shared, accounts, leader: joinElection(pool, 'backfiller') })
      backfillRunner = runner
      return {
        trouble: () => null,
        close: async () => {
          await Promise.all([reconciler.close(), runner.close()])
        }
      }
    }
  }
}
