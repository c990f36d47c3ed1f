import type pg from 'pg'
import { inTransaction } from '../db/transaction.js'
import type { EventReader, Offset } from '../event-log/port.js'
import { type CheckpointKey, lockCheckpoint } from './batch/checkpoints.js'
import { findHole, type Hole, recordHole } from './holes.js'

export interface Start {
  /** At the last record handled, so that its id can be compared. */
  at: Offset | 'first'
  hole: Hole | null
  /** The log ought to have that record: anything else there is a hole. */
  isHeld: boolean
}

/** Where a partition goes on, once its checkpoint fits what the log holds. */
export async function findStart (pool: pg.Pool, log: Pick<EventReader, 'bounds' | 'sparse'>, key: CheckpointKey, now: Date): Promise<Start> {
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (checkpoint.offset < 0n) return { at: 'first', hole: null, isHeld: false }
    // Asked under the lock: an end that is older than the checkpoint would look like a hole.
    const bounds = (await log.bounds(key.topic)).find(({ partition }) => partition === key.partition) ?? null
    const reason = bounds && findHole(checkpoint, bounds, log.sparse)
    if (!reason) return { at: checkpoint.offset, hole: null, isHeld: bounds !== null && bounds.first <= checkpoint.offset }
    const hole = { reason, checkpoint, bounds }
    await recordHole(tx, key, hole, now)
    return { at: 'first', hole, isHeld: false }
  })
}

/**
 * A group that has been on other logs and never on this one has switched. Those that were projected to their end are in `finished`.
 * The others' rest is unknown: a hole for each of their partitions, once.
 */
export async function findSwitch (pool: pg.Pool, { logId, group, finished, now }: { logId: string, group: string, finished: readonly string[], now: Date }): Promise<Hole[]> {
  return inTransaction(pool, async tx => {
    const { rows } = await tx.query<{ log_id: string, topic: CheckpointKey['topic'], partition: number, last_offset: string, last_id: string | null }>(
      `select log_id, topic, partition, last_offset, last_id from checkpoints where consumer_group = $1 and log_id <> all ($2) and last_offset >= 0
       and not exists (select from checkpoints where consumer_group = $1 and log_id = $3)
       for update`, [group, [logId, ...finished], logId])
    const holes: Hole[] = []
    for (const row of rows) {
      const hole: Hole = { reason: 'log-switched', checkpoint: { offset: BigInt(row.last_offset), id: row.last_id }, bounds: null }
      await recordHole(tx, { logId: row.log_id, group, topic: row.topic, partition: row.partition }, hole, now)
      holes.push(hole)
    }
    return holes
  })
}
