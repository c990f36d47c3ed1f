import type pg from 'pg'
import type { HOLE_REASONS } from '../../db/schema/projection.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import type { EventReader, Offset, PartitionBounds, TopicPartition } from '../../event-log/port.js'

/** A partition of a log, and the consumer group that reads it. Offsets are meaningful within one log only. */
export interface CheckpointKey extends TopicPartition {
  logId: string
  group: string
}

export interface Checkpoint {
  /** The offset of the last projected record; -1 when there is none. */
  offset: Offset
  id: string | null
}

const valuesOf = ({ logId, group, topic, partition }: CheckpointKey) => [logId, group, topic, partition]

/**
 * Locks the checkpoint until the transaction ends. When two projectors both believe that they own the partition, one of
 * them waits and then sees what the other has done.
 */
export async function lockCheckpoint(tx: Tx, key: CheckpointKey, now: Date): Promise<Checkpoint> {
  const { rows } = await tx.query<{ last_offset: string; last_id: string | null }>(
    `insert into checkpoints (log_id, consumer_group, topic, partition, last_offset, updated_at)
     values ($1, $2, $3, $4, -1, $5)
     on conflict (log_id, consumer_group, topic, partition) do update set updated_at = excluded.updated_at
     returning last_offset, last_id`,
    [...valuesOf(key), now]
  )
  return { offset: BigInt(rows[0]?.last_offset ?? -1), id: rows[0]?.last_id ?? null }
}

export async function advanceCheckpoint(tx: Tx, key: CheckpointKey, { offset, id }: Checkpoint): Promise<void> {
  await tx.query(
    `update checkpoints set last_offset = $5, last_id = $6
     where log_id = $1 and consumer_group = $2 and topic = $3 and partition = $4`,
    [...valuesOf(key), offset.toString(), id]
  )
}

/** Moves the checkpoint back to before the first record. */
async function resetCheckpoint(tx: Tx, key: CheckpointKey): Promise<void> {
  await advanceCheckpoint(tx, key, { offset: -1n, id: null })
}

/**
 * end-below-checkpoint  the topic or the log was created again, or has lost its end
 * gap                   retention deleted records before they were projected
 * other-record          the topic or the log was created again and has grown past the checkpoint
 * log-switched          the group has moved from another log, the rest of which has not been projected
 * log-damage            records of a local log cannot be read: see log-damage.ts
 */
export type HoleReason = (typeof HOLE_REASONS)[number]

/** A checkpoint that does not match the log, so that records may be missing. */ export interface Hole {
  reason: HoleReason
  checkpoint: Checkpoint
  /** The bounds of the partition; null when they were not read. */
  bounds: PartitionBounds | null
}

/** Compares the bounds of a partition with its checkpoint; null when reading can continue there. */
export function findHole({ offset }: Checkpoint, { first, end }: PartitionBounds, sparse: boolean): HoleReason | null {
  if (offset >= end) return 'end-below-checkpoint'
  // Retention may delete the last projected record, but not the one after it. In a sparse log the offsets between two
  // records of a topic belong to other topics.
  return first > offset + 1n && !sparse ? 'gap' : null
}

/**
 * Stores the hole and moves the checkpoint back to before the first record. Records that are projected again have no
 * further effect.
 */
export async function recordHole(
  tx: Tx,
  key: CheckpointKey,
  { reason, checkpoint, bounds, detectedAt }: Hole & { detectedAt: Date }
): Promise<void> {
  await tx.query(
    `insert into holes (log_id, consumer_group, topic, partition, reason, checkpoint_offset, first_offset, end_offset,
      detected_at)
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
      detectedAt
    ]
  )
  await resetCheckpoint(tx, key)
}

/** The id of the newest hole of the partition, whose checkpoint is locked; 0 when there is none. */
export async function lastHoleOf(tx: Tx, key: CheckpointKey): Promise<bigint> {
  const { rows } = await tx.query<{ id: string | null }>(
    `select max(id) as id from holes where log_id = $1 and consumer_group = $2 and topic = $3 and partition = $4`,
    valuesOf(key)
  )
  return BigInt(rows[0]?.id ?? 0)
}

export interface Start {
  /** The last projected record, so that its id can be compared, or the first record of the partition. */
  at: Offset | 'first'
  hole: Hole | null
  /** The log must contain a record at that offset: its absence is a hole. */
  mustContain: boolean
  /** The id of the newest hole of the partition; 0 when there is none. */
  lastHole: bigint
}

/** Where reading of a partition starts. A checkpoint that does not match the log is recorded as a hole. */
export async function findStart(
  pool: pg.Pool,
  log: Pick<EventReader, 'bounds' | 'sparse'>,
  key: CheckpointKey,
  now: Date
): Promise<Start> {
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (checkpoint.offset < 0n)
      return { at: 'first', hole: null, mustContain: false, lastHole: await lastHoleOf(tx, key) }
    // Read under the lock: bounds that are older than the checkpoint would look like a hole.
    const bounds = (await log.bounds(key.topic)).find(({ partition }) => partition === key.partition) ?? null
    const reason = bounds && findHole(checkpoint, bounds, log.sparse)
    if (!reason) {
      const mustContain = bounds !== null && bounds.first <= checkpoint.offset
      return { at: checkpoint.offset, hole: null, mustContain, lastHole: await lastHoleOf(tx, key) }
    }
    const hole = { reason, checkpoint, bounds }
    await recordHole(tx, key, { ...hole, detectedAt: now })
    return { at: 'first', hole, mustContain: false, lastHole: await lastHoleOf(tx, key) }
  })
}

/**
 * Detects that the group has moved here from other logs. Each partition of a log that was not projected to its end is
 * recorded as a hole, once.
 * @param options.finished  the ids of the logs that were projected to their end
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
      `select log_id, topic, partition, last_offset, last_id from checkpoints
       where consumer_group = $1 and log_id <> all ($2) and last_offset >= 0
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
      const key = { logId: row.log_id, group, topic: row.topic, partition: row.partition }
      await recordHole(tx, key, { ...hole, detectedAt: now })
      holes.push(hole)
    }
    return holes
  })
}
