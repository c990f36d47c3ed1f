import { openLocalLog } from '../event-log/local/local-log.js'
import { encodeEvent } from '../events/record.js'
import { type NotifiedAccount, parseNotification } from '../mightycall/webhook/notification.js'
import type { DeliveryPlan } from './delivery.js'

export interface HistoryOptions {
  /** The directory of the local log, which no service uses yet. */
  dir: string
  account: NotifiedAccount
  /** Ordered by time. */
  deliveries: DeliveryPlan['deliveries']
}

const BATCH = 500

/**
 * Appends notifications of the past to the event log, as the receiver would have when they were delivered.
 * @returns the number of events
 */
export async function appendHistory({ dir, account, deliveries }: HistoryOptions): Promise<number> {
  const log = await openLocalLog({ dir })
  let count = 0
  try {
    for (let done = 0; done < deliveries.length; done += BATCH) {
      const events = deliveries
        .slice(done, done + BATCH)
        .flatMap(({ at, body }) => parseNotification(account, Buffer.from(JSON.stringify(body)), new Date(at)) ?? [])
      await log.append(events.map(encodeEvent))
      count += events.length
    }
  } finally {
    await log.close()
  }
  return count
}
