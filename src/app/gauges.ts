import { within } from '../lib/timeout.js'
import type { Metrics } from '../observability/metrics.js'
import { PERMIT_CLASSES } from '../mightycall/rest/quota/port.js'
import type { QuotaUsageOf } from '../mightycall/rest/quota/usage.js'

/** The other metrics must not wait for Postgres any longer. */
const PATIENCE_MS = 1_000

/** Sets what the ledger says now; nothing, when Postgres does not answer. */
export async function noteQuota ({ quotaUsed }: Metrics, quotaUsage: QuotaUsageOf): Promise<void> {
  const usages = await within(PATIENCE_MS, quotaUsage()).catch(() => [])
  quotaUsed.reset() // accounts that are gone, too
  for (const { account, classes } of usages) {
    for (const permitClass of PERMIT_CLASSES) quotaUsed.set({ account, class: permitClass }, classes[permitClass].used)
  }
}
