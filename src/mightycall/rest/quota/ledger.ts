import { hash } from 'node:crypto'
import type pg from 'pg'
import { inTransaction, type Tx } from '../../../db/transaction.js'
import { QuotaError, RestBlockedError } from '../../../errors.js'
import { errorWithUntil } from '../failures.js'
import { limitOf, type Quota, WINDOW_MS } from './port.js'

/** The age at which permits are deleted. Longer than the window, since the clocks of processes differ. */
const KEPT_MS = 2 * WINDOW_MS

/**
 * Locks the row of the key until the commit. A separate statement, so that the next one sees what earlier holders of
 * the lock have committed.
 */
const LOCK = `insert into quota_keys (key_digest) values ($1)
  on conflict (key_digest) do update set key_digest = excluded.key_digest returning blocked_until`
const COUNT = 'select count(*)::int as used from quota_permits where key_digest = $1 and taken_at > $2'
const TAKE = 'insert into quota_permits (key_digest, permit_class, taken_at) values ($1, $2, $3)'
const DELETE_OLD = 'delete from quota_permits where key_digest = $1 and taken_at < $2'
const NEXT =
  'select taken_at from quota_permits where key_digest = $1 and taken_at > $2 order by taken_at offset $3 limit 1'
const BLOCK = `insert into quota_keys (key_digest, blocked_until) values ($1, $2)
  on conflict (key_digest) do update set blocked_until = greatest(quota_keys.blocked_until, excluded.blocked_until)`

/**
 * Counts the requests of the last 24 h to MightyCall by API key, in one ledger for all processes. A permit is spent
 * whether or not its request succeeds.
 *
 * @param budget  the permits of one key in 24 h; below MightyCall's limit when other programs use the key too
 */
export function createQuotaLedger(pool: pg.Pool, budget: number): Quota {
  return {
    take: (apiKey, permitClass, now) =>
      inTransaction(pool, async tx => {
        const key = keyDigest(apiKey)
        const {
          rows: [locked]
        } = await tx.query<{ blocked_until: Date | null }>(LOCK, [key])
        if (locked?.blocked_until && locked.blocked_until > now)
          throw errorWithUntil(RestBlockedError, locked.blocked_until)
        const tooMany = (await countUsed(tx, key, now)) - limitOf(permitClass, budget)
        if (tooMany >= 0) throw errorWithUntil(QuotaError, await nextFreeAt(tx, key, { tooMany, now }))
        await tx.query(TAKE, [key, permitClass, now])
        await tx.query(DELETE_OLD, [key, new Date(now.getTime() - KEPT_MS)])
      }),
    block: async (apiKey, until) => {
      await pool.query(BLOCK, [keyDigest(apiKey), until])
    }
  }
}

/** Returns the digest under which an API key is stored. */
export function keyDigest(apiKey: string): string {
  return hash('sha256', apiKey)
}

export function windowStart(now: Date): Date {
  return new Date(now.getTime() - WINDOW_MS)
}

async function countUsed(tx: Tx, key: string, now: Date): Promise<number> {
  const {
    rows: [row]
  } = await tx.query<{ used: number }>(COUNT, [key, windowStart(now)])
  return row?.used ?? 0
}

/**
 * Returns when enough permits have left the window for one more. Without such a permit, the budget has no room for the
 * class at all, and the result is a full window from now.
 */
async function nextFreeAt(tx: Tx, key: string, { tooMany, now }: { tooMany: number; now: Date }): Promise<Date> {
  const {
    rows: [row]
  } = await tx.query<{ taken_at: Date }>(NEXT, [key, windowStart(now), tooMany])
  return new Date((row?.taken_at ?? now).getTime() + WINDOW_MS)
}
