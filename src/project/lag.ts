import type pg from 'pg'
import { type SelectedRow, selectList } from '../db/bulk-sql.js'
import { checkpoints } from '../db/schema/projection.js'
import type { EventReader } from '../event-log/port.js'
import { TOPICS } from '../events/topics.js'

export interface PartitionLag {
  /** `all` for a log whose topics share one sequence of offsets. */
  topic: string
  partition: number
  /** The number of records that are not projected yet. */
  records: number
}

type CheckpointRow = SelectedRow<typeof checkpoints, 'topic' | 'partition' | 'lastOffset'>

export interface LagOptions {
  pool: Pick<pg.Pool, 'query'>
  log: Pick<EventReader, 'id' | 'bounds' | 'sparse'>
  group: string
}

/** How far the projectors of a group are behind, by partition. Rejects while the log or Postgres is unavailable. */
export async function lagOf({ pool, log, group }: LagOptions): Promise<PartitionLag[]> {
  const { rows } = await pool.query<CheckpointRow>(
    `select ${selectList(checkpoints, 'c', 'topic', 'partition', 'lastOffset')} from checkpoints c
     where log_id = $1 and consumer_group = $2`,
    [await log.id(), group]
  )
  if (log.sparse) return [await sparseLag(log, rows)]
  const topics = await Promise.all(
    TOPICS.map(async topic =>
      (await log.bounds(topic)).map(({ partition, first, end }) => {
        const checkpoint = rows.find(row => row.topic === topic && row.partition === partition)
        const next = checkpoint ? BigInt(checkpoint.lastOffset) + 1n : first
        return { topic, partition, records: behind(next > first ? next : first, end) }
      })
    )
  )
  return topics.flat()
}

/**
 * The checkpoint of a topic does not advance while records of other topics are read, so only the furthest checkpoint
 * shows how far the log is read. A batch of another topic may still be in progress.
 */
async function sparseLag(log: LagOptions['log'], rows: readonly CheckpointRow[]): Promise<PartitionLag> {
  const [bounds = { first: 0n, end: 0n }] = await log.bounds('calls')
  const next = rows
    .map(row => BigInt(row.lastOffset) + 1n)
    .reduce((furthest, offset) => (offset > furthest ? offset : furthest), bounds.first)
  return { topic: 'all', partition: 0, records: behind(next, bounds.end) }
}

function behind(next: bigint, end: bigint): number {
  return next < end ? Number(end - next) : 0
}
