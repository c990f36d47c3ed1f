import type pg from 'pg'
import { audit } from '../../access/audit-log.js'
import { type SelectedRow, selectList } from '../../db/bulk-sql.js'
import { projectorStops } from '../../db/schema/projection.js'
import { inTransaction } from '../../db/transaction.js'
import type { Offset } from '../../event-log/port.js'
import type { CheckpointKey } from '../batch/checkpoints.js'
import type { Excess } from './window.js'

/** The last stop of the projector of a group by its circuit breaker. */
export interface Stop extends Excess {
  /** The position of the batch that exceeded the limit. */
  logId: string
  topic: string
  partition: number
  /** The offset of the last record of that batch. */
  lastOffset: Offset
  /** The most frequent code among the failures. */
  code: string
  stoppedAt: Date
  /** `null` while the projector is stopped. */
  resumedAt: Date | null
}

const PROPERTIES = [
  'logId',
  'topic',
  'partition',
  'lastOffset',
  'records',
  'failed',
  'code',
  'stoppedAt',
  'resumedAt'
] as const
type StopRow = SelectedRow<typeof projectorStops, (typeof PROPERTIES)[number]>
const COLUMNS = selectList(projectorStops, 's', ...PROPERTIES)

/** The last stop of the group, or null when it has never stopped. */
export async function loadStop(db: Pick<pg.Pool, 'query'>, group: string): Promise<Stop | null> {
  const {
    rows: [row]
  } = await db.query<StopRow>(`select ${COLUMNS} from projector_stops s where consumer_group = $1`, [group])
  return row ? stopOf(row) : null
}

/**
 * When several partitions exceed the limit at once, only the first is stored. The others find the projector stopped.
 */
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
    `insert into projector_stops as s (consumer_group, log_id, topic, partition, last_offset, records, failed, code,
      stopped_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (consumer_group) do update set log_id = excluded.log_id, topic = excluded.topic,
      partition = excluded.partition, last_offset = excluded.last_offset, records = excluded.records,
      failed = excluded.failed, code = excluded.code, stopped_at = excluded.stopped_at,
      resumed_at = null, resumed_by = null
    where s.resumed_at is not null`,
    [group, logId, topic, partition, String(lastOffset), records, failed, code, stoppedAt]
  )
}

/**
 * Resumes the projector of a group: the batch at which it stopped is projected without counting its failures, and
 * counting starts again after it.
 * @returns the stop that was ended, or null when the projector was not stopped
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
      `update projector_stops s set resumed_at = $2, resumed_by = $3
       where consumer_group = $1 and resumed_at is null returning ${COLUMNS}`,
      [group, now, by]
    )
    if (row) await audit(tx, { at: now, actor: by, action: 'projector.resumed', account: null, subject: group })
    return row ? stopOf(row) : null
  })
}

/** The offset up to which failures of the partition are not counted, since the projector was resumed; -1 for none. */
export function exemptUntil(stop: Stop | null, { logId, topic, partition }: CheckpointKey): Offset {
  const isHere = stop !== null && stop.logId === logId && stop.topic === topic && stop.partition === partition
  return isHere && stop.resumedAt ? stop.lastOffset : -1n
}

/** Tells an operator why the projector is stopped and what to do; null when it is not stopped. */
export function describeStop(stop: Stop | null): string | null {
  if (!stop || stop.resumedAt) return null
  const { records, failed, code, topic, partition, lastOffset, stoppedAt } = stop
  return (
    `stopped at ${stoppedAt.toISOString()}, since ${failed} of the last ${records} records could not be projected ` +
    `(mostly ${code}); the last batch ends at ${topic}/${partition}@${lastOffset}. No record is lost. ` +
    'If an update caused this, roll it back. Then, or if the records themselves are invalid, resume the projector: ' +
    '"mightycall-stream resume" or POST /v1/projector/resume'
  )
}

function stopOf(row: StopRow): Stop {
  return { ...row, lastOffset: BigInt(row.lastOffset) }
}
