import type { StoredRecord } from '../../../src/event-log/port.js'
import type { StoredCheckpoint } from '../evidence.js'
import { lastOffsets } from '../log-view.js'

/** A line for each partition whose checkpoint lies before its last record, or which has none. */
export function stuckPartitions(
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset'>[],
  checkpoints: readonly StoredCheckpoint[]
): string[] {
  const reached = new Map(checkpoints.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  return [...lastOffsets(records)]
    .filter(([place, last]) => (reached.get(place) ?? -1n) < last)
    .map(([place, last]) => `${place} is projected up to ${reached.get(place) ?? 'nothing'}, and ends with ${last}`)
}
