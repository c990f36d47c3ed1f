import { randomUUID } from 'node:crypto'
import type { EventReader, StoredRecord } from '../../src/event-log/port.js'
import { TOPICS } from '../../src/events/topics.js'

/** A live view of all records in a log. */
export interface LogView {
  /** The records of each partition are in order. */
  records: readonly StoredRecord[]
  /** Returns true when `records` contains all records of the log. */
  isComplete: () => Promise<boolean>
  close: () => Promise<void>
}

/** Opens a view. Closing it closes the reader as well. */
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

  async function isComplete(): Promise<boolean> {
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
    isComplete,
    close: async () => {
      await subscription.close()
      await reader.close()
    }
  }
}

/** Returns the last offset of each partition, by `topic/partition`. */
export function lastOffsets(
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset'>[]
): Map<string, bigint> {
  const last = new Map<string, bigint>()
  for (const { topic, partition, offset } of records) {
    const name = `${topic}/${partition}`
    if (offset > (last.get(name) ?? -1n)) last.set(name, offset)
  }
  return last
}

function lastOffset(records: readonly StoredRecord[]): bigint {
  return records.reduce((last, { offset }) => (offset > last ? offset : last), -1n)
}
