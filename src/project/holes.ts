import type { Tx } from '../db/transaction.js'
import type { PartitionBounds } from '../event-log/port.js'
import { type Checkpoint, type CheckpointKey, resetCheckpoint } from './batch/checkpoints.js'

/**
 * end-below-checkpoint: the topic or the log was made anew, or lost its end.
 * gap: retention was faster than we.
 * other-record: made anew, and grown past the checkpoint since.
 * log-switched: the group came from another log, whose rest nobody has projected.
 */
export type HoleReason = 'end-below-checkpoint' | 'gap' | 'other-record' | 'log-switched'

export interface Hole {
  reason: HoleReason
  checkpoint: Checkpoint
  /** What the log holds, where it was asked. */
  bounds: PartitionBounds | null
}

/** What the bounds of a partition say against its checkpoint; null when it can go on there. */
export function findHole ({ offset }: Checkpoint, { first, end }: PartitionBounds, sparse: boolean): HoleReason | null {
  if (offset >= end) return 'end-below-checkpoint'
  // The last record handled may go by retention; the one after it may not. Between offsets of a sparse topic lie other topics.
  return first > offset + 1n && !sparse ? 'gap' : null
}

/** Writes the hole down and, in the same transaction, goes back to before the first record: what was projected counts once all the same. */
export async function recordHole (tx: Tx, key: CheckpointKey, { reason, checkpoint, bounds }: Hole, now: Date): Promise<void> {
  await tx.query(`insert into holes (log_id, consumer_group, topic, partition, reason, checkpoint_offset, first_offset, end_offset, detected_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
  [key.logId, key.group, key.topic, key.partition, reason, String(checkpoint.offset), bounds && String(bounds.first), bounds && String(bounds.end), now])
  await resetCheckpoint(tx, key)
}
