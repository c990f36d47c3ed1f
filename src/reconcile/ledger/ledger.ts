import type pg from 'pg'
import type { Logger } from 'pino'
import type { Account } from '../../accounts/accounts.js'
import { createLedgerAlarms } from '../gaps/alarms.js'
import { detectGaps } from '../gaps/detect.js'

export interface LedgerOptions {
  pool: pg.Pool
  logger: Logger
  accounts: { all: () => readonly Pick<Account, 'id'>[] }
  now: () => Date
}

/** After a start a look goes so far back: what was received while nothing looked is found. */
const FIRST_LOOK_MS = 8 * 24 * 60 * 60 * 1000

/**
 * Brings the ledger up to date, of every account, and raises its alarms. To be called after each poll, and every few minutes;
 * it asks MightyCall nothing. When it rejects, the next look does what this one has not.
 */
export function createLedger ({ pool, logger, accounts, now }: LedgerOptions): () => Promise<void> {
  const lookedAt = new Map<string, Date>()
  const raise = createLedgerAlarms({ pool, logger })
  return async () => {
    for (const { id } of accounts.all()) {
      const at = now()
      const { detected, healed } = await detectGaps(pool, { account: id, now: at, since: lookedAt.get(id) ?? new Date(at.getTime() - FIRST_LOOK_MS) })
      lookedAt.set(id, at)
      if (detected + healed > 0) logger.info({ account: id, detected, healed }, 'webhooks had missed something')
      await raise(id, at)
    }
  }
}
