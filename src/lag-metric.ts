import type { Metrics } from './observability/metrics.js'
import type { PartitionLag } from './project/lag.js'
import { within } from './lib/timeout.js'

/** The other metrics must not wait for Kafka or Postgres any longer. */
const PATIENCE_MS = 1_000

/** Sets how far the projectors are behind now; nothing, when it cannot be known: a 0 would be a promise. */
export async function noteLag ({ consumerLag }: Metrics, lag: () => Promise<PartitionLag[]>): Promise<void> {
  const partitions = await within(PATIENCE_MS, lag()).catch(() => [])
  consumerLag.reset()
  for (const { topic, partition, records } of partitions) consumerLag.set({ topic, partition }, records)
}
