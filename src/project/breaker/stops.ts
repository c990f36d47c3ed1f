import type pg from 'pg'
import { audit } from '../../access/audit-log.js'
import { inTransaction } from '../../db/transaction.js'
import type { Offset } from '../../event-log/port.js'
import type { CheckpointKey } from '../batch/checkpoints.js'
import type { Excess } from './window.js'

/** That the projector of a group has stopped by itself. */
export interface Stop extends Excess {
  /** Where the batch lies that would have been too much. */
  logId: string
  topic: string
  partition: number
  /** Of that batch. */
  lastOffset: Offset
  /** Of most failures. */
  code: string
  stoppedAt: Date
  /** Null: it stands still. */
  resumedAt: Date | null
}

type StopRow = Omit<Stop, 'lastOffset'> & { lastOffset: string }

const COLUMNS = `log_id as "logId", topic, partition, last_offset as "lastOffset", records, failed, code, stopped_at as "stoppedAt", resumed_at as "resumedAt"`

/** The last stop of the group; null: it has never stopped. */
export async function loadStop(db: Pick<pg.Pool, 'query'>, group: string): Promise<Stop | null> {
  const {
    rows: [row]
  } = await db.query<StopRow>(`select ${COLUMNS} from projector_stops where consumer_group = $1`, [group])
  return row ? stopOf(row) : null
}

/** Of several partitions that stop at once the first one counts: the others stop again. */
export async function recordStop(
  pool: pg.Pool,
  { logId, group, topic, partition }: CheckpointKey,
  {
    lastOffset,
    records,
    failed,
    code,
    stoppedAt
  }: Pick<Stop, 'lastOffset' | 'records' | 'failed' | 'code' | 'stoppedAt'>
): Promise<void> {
  await pool.query(
    `insert into projector_stops as s (consumer_group, log_id, topic, partition, last_offset, records, failed, code, stopped_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (consumer_group) do update set log_id = excluded.log_id, topic = excluded.topic, partition = excluded.partition, last_offset = excluded.last_offset,
      records = excluded.records, failed = excluded.failed, code = excluded.code, stopped_at = excluded.stopped_at, resumed_at = null, resumed_by = null
    where s.resumed_at is not null`,
    [group, logId, topic, partition, String(lastOffset), records, failed, code, stoppedAt]
  )
}

/**
 * Lets the group's projector go on: the batch at which it stopped is let through, and counting begins anew.
 * @returns what it had stopped at; null: it had not stopped, and nothing was done
 */
export async function resumeProjector(
  pool: pg.Pool,
  group: string,
  { now, by }: { now: Date; by: string }
): Promise<Stop | null> {
  return inTransaction(pool, async tx => {
    const {
      rows: [row]
    } = await tx.query<StopRow>(
      `update projector_stops set resumed_at = $2, resumed_by = $3 where consumer_group = $1 and resumed_at is null returning ${COLUMNS}`,
      [group, now, by]
    )
    if (row) await audit(tx, { at: now, actor: by, action: 'projector.resumed', account: null, subject: group })
    return row ? stopOf(row) : null
  })
}

/** Until where records of the partition are let through; -1: none are. */
export function letThroughUntil(stop: Stop | null, { logId, topic, partition }: CheckpointKey): Offset {
  const isHere = stop !== null && stop.logId === logId && stop.topic === topic && stop.partition === partition
  return isHere && stop.resumedAt ? stop.lastOffset : -1n
}

/** Why it stands still, and what to do, for an operator. Null: it does not. */
export function describeStop(stop: Stop | null): string | null {
  if (!stop || stop.resumedAt) return null
  const { records, failed, code, topic, partition, lastOffset, stoppedAt } = stop
  return (
    `stopped at ${stoppedAt.toISOString()}, since ${failed} of the last ${records} records could not be projected (mostly ${code}), the last batch ending at ${topic}/${partition}@${lastOffset}. ` +
    'Nothing is lost. If an update did it, take it back; then, or if the records themselves are bad, let it go on: "mightycall-stream resume" or POST /v1/projector/resume'
  )
}

function stopOf(row: StopRow): Stop {
  return { ...row, lastOffset: BigInt(row.lastOffset) }
}
