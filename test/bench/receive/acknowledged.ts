import { randomUUID } from 'node:crypto'
import type { EventReader, StoredRecord } from '../../../src/event-log/port.js'
import { CALL_NOTIFICATION_TYPES } from '../../../src/mightycall/webhook/notification-types.js'
import { notificationOf } from '../load/notifications.js'
import type { LoadResult } from '../load/protocol.js'

export interface Run {
  prefix: string
  result: Pick<LoadResult, 'requests' | 'rejected'>
}

const IDLE_TIMEOUT_MS = 10_000

/** Returns the number of acknowledged events that are missing in the log. */
export async function countMissing(log: EventReader, runs: readonly Run[]): Promise<number> {
  const missing = acknowledgedEvents(runs)
  let lastReceivedAt = Date.now()
  const subscription = await log.subscribe({
    group: `bench-${randomUUID()}`,
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async ({ records }) => {
      lastReceivedAt = Date.now()
      for (const record of records) missing.delete(eventOf(record))
    }
  })
  while (missing.size > 0 && Date.now() - lastReceivedAt < IDLE_TIMEOUT_MS)
    await new Promise(resolve => setTimeout(resolve, 50))
  await subscription.close()
  await log.close()
  return missing.size
}

function acknowledgedEvents(runs: readonly Run[]): Set<string> {
  const events = new Set<string>()
  for (const { prefix, result } of runs) {
    const rejected = new Set(result.rejected)
    for (let n = 0; n < result.requests; n++) {
      const { callId, eventType } = notificationOf(prefix, n)
      if (!rejected.has(n)) events.add(`${callId} ${CALL_NOTIFICATION_TYPES.get(eventType.toLowerCase())?.type}`)
    }
  }
  return events
}

function eventOf({ key, headers }: StoredRecord): string {
  return `${key?.slice(key.indexOf(':') + 1)} ${headers.ce_type}`
}
