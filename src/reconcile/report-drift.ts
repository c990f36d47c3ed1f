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
 * Counts, by answer, what answers held that we do not know or cannot read, and says what is new.
 * Never rejects: an answer is of use whether or not this can be counted.
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
        logger.warn({ account, ...pair }, 'MightyCall tells something that we do not know: see GET /v1/drift')
    } catch (err) {
      logger.warn({ err, account }, 'what MightyCall tells that we do not know could not be counted')
    }
  }
}
