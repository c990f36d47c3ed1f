import type { Tx } from '../../db/transaction.js'
import type { Offset, TopicPartition } from '../../event-log/port.js'

/** Which partition of which log, and for whom. Another log's offsets mean nothing here. */
export interface CheckpointKey extends TopicPartition {
  logId: string
  group: string
}

export interface Checkpoint {
  /** Of the last record handled; -1 when there was none. */
  offset: Offset
  id: string | null
}

const valuesOf = ({ logId, group, topic, partition }: CheckpointKey) => [logId, group, topic, partition]

/**
 * Locks the checkpoint until the transaction ends: of two projectors that believe to own the partition, one waits and then
 * sees what the other has done.
 */
export async function lockCheckpoint (tx: Tx, key: CheckpointKey, now: Date): Promise<Checkpoint> {
  const { rows } = await tx.query<{ last_offset: string, last_id: string | null }>(
    `insert into checkpoints (log_id, consumer_group, topic, partition, last_offset, updated_at) values ($1, $2, $3, $4, -1, $5)
     on conflict (log_id, consumer_group, topic, partition) do update set updated_at = excluded.updated_at
     returning last_offset, last_id`, [...valuesOf(key), now])
  return { offset: BigInt(rows[0]?.last_offset ?? -1), id: rows[0]?.last_id ?? null }
}

export async function advanceCheckpoint (tx: Tx, key: CheckpointKey, { offset, id }: Checkpoint): Promise<void> {
  await tx.query('update checkpoints set last_offset = $5, last_id = $6 where log_id = $1 and consumer_group = $2 and topic = $3 and partition = $4',
    [...valuesOf(key), offset.toString(), id])
}

/** Back to before the first record. */
export async function resetCheckpoint (tx: Tx, key: CheckpointKey): Promise<void> {
  await advanceCheckpoint(tx, key, { offset: -1n, id: null })
}
