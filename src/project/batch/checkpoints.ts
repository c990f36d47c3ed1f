import type pg from 'pg'
import { inTransaction, type Tx } from '../../db/transaction.js'
import type { EventReader, Offset, PartitionBounds, TopicPartition } from '../../event-log/port.js'

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
 * Locks the checkpoint until the transaction ends: of two projectors that believe to own the partition, one waits and
 * then
 * sees what the other has done.
 */
export async function lockCheckpoint(tx: Tx, key: CheckpointKey, now: Date): Promise<Checkpoint> {
  const { rows } = await tx.query<{ last_offset: string; last_id: string | null }>(
    `insert into checkpoints (log_id, consumer_group, topic, partition, last_offset, updated_at) values ($1, $2, $3, $4, -1, $5)
     on conflict (log_id, consumer_group, topic, partition) do update set updated_at = excluded.updated_at
     returning last_offset, last_id`,
    [...valuesOf(key), now]
  )
  return { offset: BigInt(rows[0]?.last_offset ?? -1), id: rows[0]?.last_id ?? null }
}

export async function advanceCheckpoint(tx: Tx, key: CheckpointKey, { offset, id }: Checkpoint): Promise<void> {
  await tx.query(
    'update checkpoints set last_offset = $5, last_id = $6 where log_id = $1 and consumer_group = $2 and topic = $3 and partition = $4',
    [...valuesOf(key), offset.toString(), id]
  )
}

/** Back to before the first record. */
export async function resetCheckpoint(tx: Tx, key: CheckpointKey): Promise<void> {
  await advanceCheckpoint(tx, key, { offset: -1n, id: null })
}

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
export function findHole({ offset }: Checkpoint, { first, end }: PartitionBounds, sparse: boolean): HoleReason | null {
  if (offset >= end) return 'end-below-checkpoint'
  // The last record handled may go by retention; the one after it may not. Between offsets of a sparse topic lie other
  // topics.
  return first > offset + 1n && !sparse ? 'gap' : null
}

/**
 * Writes the hole down and, in the same transaction, goes back to before the first record: what was projected counts
 * once all the same.
 */
export async function recordHole(
  tx: Tx,
  key: CheckpointKey,
  { reason, checkpoint, bounds }: Hole,
  now: Date
): Promise<void> {
  await tx.query(
    `insert into holes (log_id, consumer_group, topic, partition, reason, checkpoint_offset, first_offset, end_offset, detected_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      key.logId,
      key.group,
      key.topic,
      key.partition,
      reason,
      String(checkpoint.offset),
      bounds && String(bounds.first),
      bounds && String(bounds.end),
      now
    ]
  )
  await resetCheckpoint(tx, key)
}

export interface Start {
  /** At the last record handled, so that its id can be compared. */
  at: Offset | 'first'
  hole: Hole | null
  /** The log ought to have that record: anything else there is a hole. */
  isHeld: boolean
}

/** Where a partition goes on, once its checkpoint fits what the log holds. */
export async function findStart(
  pool: pg.Pool,
  log: Pick<EventReader, 'bounds' | 'sparse'>,
  key: CheckpointKey,
  now: Date
): Promise<Start> {
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (checkpoint.offset < 0n) return { at: 'first', hole: null, isHeld: false }
    // Asked under the lock: an end that is older than the checkpoint would look like a hole.
    const bounds = (await log.bounds(key.topic)).find(({ partition }) => partition === key.partition) ?? null
    const reason = bounds && findHole(checkpoint, bounds, log.sparse)
    if (!reason)
      return { at: checkpoint.offset, hole: null, isHeld: bounds !== null && bounds.first <= checkpoint.offset }
    const hole = { reason, checkpoint, bounds }
    await recordHole(tx, key, hole, now)
    return { at: 'first', hole, isHeld: false }
  })
}

/**
 * A group that has been on other logs and never on this one has switched. Those that were projected to their end are in
 * `finished`.
 * The others' rest is unknown: a hole for each of their partitions, once.
 */
export async function findSwitch(
  pool: pg.Pool,
  { logId, group, finished, now }: { logId: string; group: string; finished: readonly string[]; now: Date }
): Promise<Hole[]> {
  return inTransaction(pool, async tx => {
    const { rows } = await tx.query<{
      log_id: string
      topic: CheckpointKey['topic']
      partition: number
      last_offset: string
      last_id: string | null
    }>(
      `select log_id, topic, partition, last_offset, last_id from checkpoints where consumer_group = $1 and log_id <> all ($2) and last_offset >= 0
       and not exists (select from checkpoints where consumer_group = $1 and log_id = $3)
       for update`,
      [group, [logId, ...finished], logId]
    )
    const holes: Hole[] = []
    for (const row of rows) {
      const hole: Hole = {
        reason: 'log-switched',
        checkpoint: { offset: BigInt(row.last_offset), id: row.last_id },
        bounds: null
      }
      await recordHole(tx, { logId: row.log_id, group, topic: row.topic, partition: row.partition }, hole, now)
      holes.push(hole)
    }
    return holes
  })
}
