import type pg from 'pg'
import { withTimeout } from '../lib/timeout.js'
import { PERMIT_CLASSES } from '../mightycall/rest/quota/port.js'
import type { LoadQuotaUsage } from '../mightycall/rest/quota/usage.js'
import type { Metrics } from '../observability/metrics.js'
import type { PartitionLag } from '../project/lag.js'

/** The other metrics must not wait longer for Postgres or Kafka. */
const TIMEOUT_MS = 1_000

/** Sets the gauges of the pool of database connections. */
export function refreshPoolGauges(
  { databaseConnections, databaseConnectionsMax, databaseWaiting }: Metrics,
  pool: Pick<pg.Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'>
): void {
  databaseConnections.set({ state: 'idle' }, pool.idleCount)
  databaseConnections.set({ state: 'active' }, pool.totalCount - pool.idleCount)
  databaseConnectionsMax.set(pool.options.max)
  databaseWaiting.set(pool.waitingCount)
}

/** Sets the gauge to the requests used of each account's quota; to no value when Postgres does not answer. */
export async function refreshQuotaGauge({ quotaUsed }: Metrics, quotaUsage: LoadQuotaUsage): Promise<void> {
  const usages = await withTimeout(TIMEOUT_MS, quotaUsage()).catch(() => [])
  quotaUsed.reset() // removes accounts that no longer exist
  for (const { account, classes } of usages) {
    for (const permitClass of PERMIT_CLASSES) quotaUsed.set({ account, class: permitClass }, classes[permitClass].used)
  }
}

/** Sets the gauge to the lag of the projectors; to no value when it is unknown, since 0 would be a false claim. */
export async function refreshLagGauge({ consumerLag }: Metrics, lag: () => Promise<PartitionLag[]>): Promise<void> {
  const partitions = await withTimeout(TIMEOUT_MS, lag()).catch(() => [])
  consumerLag.reset()
  for (const { topic, partition, records } of partitions) consumerLag.set({ topic, partition }, records)
}

const OPEN =
  'select account, count(*)::int as open from gaps where account = any($1) and healed_at is null group by account'

/** Sets the gauge to the open gaps of each account; to no value when Postgres does not answer, as for the lag. */
export async function refreshGapGauge(
  { gapsOpen }: Metrics,
  pool: Pick<pg.Pool, 'query'>,
  accounts: readonly string[]
): Promise<void> {
  const open = await withTimeout(TIMEOUT_MS, pool.query<{ account: string; open: number }>(OPEN, [accounts])).then(
    ({ rows }) => rows,
    () => null
  )
  gapsOpen.reset() // removes accounts that no longer exist
  if (open)
    for (const account of accounts) gapsOpen.set({ account }, open.find(row => row.account === account)?.open ?? 0)
}
