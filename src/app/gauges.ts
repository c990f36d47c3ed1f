import type pg from 'pg'
import { withTimeout } from '../lib/timeout.js'
import { PERMIT_CLASSES } from '../mightycall/rest/quota/port.js'
import type { LoadQuotaUsage } from '../mightycall/rest/quota/usage.js'
import type { Metrics } from '../observability/metrics.js'
import type { PartitionLag } from '../project/lag.js'

/** The other metrics must not wait for Postgres or Kafka any longer. */
const PATIENCE_MS = 1_000

/** Sets what the ledger says now; nothing, when Postgres does not answer. */
export async function refreshQuotaGauge({ quotaUsed }: Metrics, quotaUsage: LoadQuotaUsage): Promise<void> {
  const usages = await withTimeout(PATIENCE_MS, quotaUsage()).catch(() => [])
  quotaUsed.reset() // accounts that are gone, too
  for (const { account, classes } of usages) {
    for (const permitClass of PERMIT_CLASSES) quotaUsed.set({ account, class: permitClass }, classes[permitClass].used)
  }
}

/** Sets how far the projectors are behind now; nothing, when it cannot be known: a 0 would be a promise. */
export async function refreshLagGauge({ consumerLag }: Metrics, lag: () => Promise<PartitionLag[]>): Promise<void> {
  const partitions = await withTimeout(PATIENCE_MS, lag()).catch(() => [])
  consumerLag.reset()
  for (const { topic, partition, records } of partitions) consumerLag.set({ topic, partition }, records)
}

const OPEN =
  'select account, count(*)::int as open from gaps where account = any($1) and healed_at is null group by account'

/** Sets how many gaps of each account are open now; nothing, when Postgres does not answer: a 0 would be a promise. */
export async function refreshGapGauge(
  { gapsOpen }: Metrics,
  pool: Pick<pg.Pool, 'query'>,
  accounts: readonly string[]
): Promise<void> {
  const open = await withTimeout(PATIENCE_MS, pool.query<{ account: string; open: number }>(OPEN, [accounts])).then(
    ({ rows }) => rows,
    () => null
  )
  gapsOpen.reset() // accounts that are gone, too
  if (open)
    for (const account of accounts) gapsOpen.set({ account }, open.find(row => row.account === account)?.open ?? 0)
}
