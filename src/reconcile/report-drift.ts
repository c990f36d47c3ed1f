import type pg from 'pg'
import type { Logger } from 'pino'
import { countDrift } from '../db/drift.js'
import { inTransaction } from '../db/transaction.js'
import type { Drift } from '../events/drift.js'

export interface DriftReporterOptions {
  pool: pg.Pool
  now: () => Date
  logger: Logger
}

/**
 * Counts the unknown and the unreadable fields of responses, and logs those that are new. It never rejects: a response
 * is of use whether or not its drift can be counted.
 */
export function createDriftReporter({
  pool,
  now,
  logger
}: DriftReporterOptions): (account: string, drifts: readonly Drift[]) => Promise<void> {
  return async (account, drifts) => {
    try {
      const seen = await inTransaction(pool, tx =>
        countDrift(tx, [{ account, receivedAt: now().toISOString(), drifts }])
      )
      for (const pair of seen)
        logger.warn({ account, ...pair }, 'MightyCall sent an unknown or unreadable field; see GET /v1/drift')
    } catch (err) {
      logger.warn({ err, account }, 'unknown fields of a MightyCall response could not be counted')
    }
  }
}
