import type { StoredRecord } from '../../../src/event-log/port.js'
import type { StoredCheckpoint } from '../evidence.js'
import { lastOffsets } from '../log-view.js'

/** Returns a line for each partition whose checkpoint is missing or before its last record. */
export function stuckPartitions(
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset'>[],
  checkpoints: readonly StoredCheckpoint[]
): string[] {
  const reached = new Map(checkpoints.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  return [...lastOffsets(records)]
    .filter(([partition, last]) => (reached.get(partition) ?? -1n) < last)
    .map(
      ([partition, last]) =>
        `${partition} is projected up to ${reached.get(partition) ?? 'nothing'}, but its last offset is ${last}`
    )
}
