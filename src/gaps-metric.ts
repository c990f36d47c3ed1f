import type pg from 'pg'
import type { Metrics } from './observability/metrics.js'
import { within } from './lib/timeout.js'

/** The other metrics must not wait for Postgres any longer. */
const PATIENCE_MS = 1_000

const OPEN = 'select account, count(*)::int as open from gaps where account = any($1) and healed_at is null group by account'

/** Sets how many gaps of each account are open now; nothing, when Postgres does not answer: a 0 would be a promise. */
export async function noteGaps ({ gapsOpen }: Metrics, pool: Pick<pg.Pool, 'query'>, accounts: readonly string[]): Promise<void> {
  const open = await within(PATIENCE_MS, pool.query<{ account: string, open: number }>(OPEN, [accounts])).then(({ rows }) => rows, () => null)
  gapsOpen.reset() // accounts that are gone, too
  if (open) for (const account of accounts) gapsOpen.set({ account }, open.find(row => row.account === account)?.open ?? 0)
}
