import type pg from 'pg'
import { DAY_MS } from '../lib/instant.js'

/** Many clients that connect at once share an answer. */
const MAX_AGE_MS = 5_000

/** An old gap that was never healed concerns no figure of today. */
const RECENT_MS = DAY_MS

/** A stopped projector concerns all accounts. */
const INCOMPLETE = `select distinct account from gaps where healed_at is null and hour >= $1
  union all select '' where exists (select from projector_stops where resumed_at is null)`

/**
 * Creates the loader of the accounts of which something is known to be missing: notifications of the last day that
 * were lost and are not recovered yet, or everything, as `''`, while the projector is stopped or Postgres is
 * unavailable.
 */
export function createIncompleteAccounts({
  pool,
  now
}: {
  pool: pg.Pool
  now: () => Date
}): () => Promise<ReadonlySet<string>> {
  let loadedAt = Number.NEGATIVE_INFINITY
  let loaded: Promise<ReadonlySet<string>> = Promise.resolve(new Set())

  async function load(): Promise<ReadonlySet<string>> {
    const { rows } = await pool.query<{ account: string }>(INCOMPLETE, [new Date(now().getTime() - RECENT_MS)])
    return new Set(rows.map(({ account }) => account))
  }

  return () => {
    if (performance.now() - loadedAt > MAX_AGE_MS) {
      loadedAt = performance.now()
      loaded = load().catch(() => new Set(['']))
    }
    return loaded
  }
}
