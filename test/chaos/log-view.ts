import { randomUUID } from 'node:crypto'
import type { EventReader, StoredRecord } from '../../src/event-log/port.js'
import { TOPICS } from '../../src/events/topics.js'

/** All that lies in a log, as it grows. */
export interface LogView {
  /** Each partition in its order. */
  records: readonly StoredRecord[]
  /** True when nothing is in the log that is not in `records`. */
  isWhole: () => Promise<boolean>
  close: () => Promise<void>
}

/** Closes the reader with the view. */
export async function viewLog(reader: EventReader): Promise<LogView> {
  const records: StoredRecord[] = []
  const subscription = await reader.subscribe({
    group: `view-${randomUUID()}`,
    topics: TOPICS,
    startAt: async () => 'first',
    handle: async batch => {
      records.push(...batch.records)
    }
  })

  async function isWhole(): Promise<boolean> {
    const seen = reader.sparse
      ? new Map(TOPICS.map(topic => [`${topic}/0`, lastOffset(records)]))
      : lastOffsets(records)
    for (const topic of TOPICS) {
      for (const { partition, first, end } of await reader.bounds(topic)) {
        if (end > first && (seen.get(`${topic}/${partition}`) ?? -1n) < end - 1n) return false
      }
    }
    return true
  }

  return {
    records,
    isWhole,
    close: async () => {
      await subscription.close()
      await reader.close()
    }
  }
}

/** Of each partition, by `topic/partition`. */
export function lastOffsets(
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset'>[]
): Map<string, bigint> {
  const last = new Map<string, bigint>()
  for (const { topic, partition, offset } of records) {
    const place = `${topic}/${partition}`
    if (offset > (last.get(place) ?? -1n)) last.set(place, offset)
  }
  return last
}

function lastOffset(records: readonly StoredRecord[]): bigint {
  return records.reduce((last, { offset }) => (offset > last ? offset : last), -1n)
}
