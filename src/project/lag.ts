import type pg from 'pg'
import type { EventReader } from '../event-log/port.js'
import { TOPICS } from '../events/topics.js'

export interface PartitionLag {
  /** `all`: of a log whose topics share one sequence. */
  topic: string
  partition: number
  /** What lies in the log and is not projected yet. */
  records: number
}

interface CheckpointRow {
  topic: string
  partition: number
  last_offset: string
}

export interface LagOptions {
  pool: Pick<pg.Pool, 'query'>
  log: Pick<EventReader, 'id' | 'bounds' | 'sparse'>
  group: string
}

/** How far the group's projectors are behind, by partition. Rejects while the log or Postgres cannot be asked. */
export async function lagOf({ pool, log, group }: LagOptions): Promise<PartitionLag[]> {
  const { rows } = await pool.query<CheckpointRow>(
    'select topic, partition, last_offset from checkpoints where log_id = $1 and consumer_group = $2',
    [await log.id(), group]
  )
  if (log.sparse) return [await sparseLag(log, rows)]
  const topics = await Promise.all(
    TOPICS.map(async topic =>
      (await log.bounds(topic)).map(({ partition, first, end }) => {
        const checkpoint = rows.find(row => row.topic === topic && row.partition === partition)
        const next = checkpoint ? BigInt(checkpoint.last_offset) + 1n : first
        return { topic, partition, records: behind(next > first ? next : first, end) }
      })
    )
  )
  return topics.flat()
}

/**
 * A checkpoint stands still while records of other topics pass: only the furthest says how far the log is read. Of
 * another topic a batch may still be under way.
 */
async function sparseLag(log: LagOptions['log'], rows: readonly CheckpointRow[]): Promise<PartitionLag> {
  const [whole = { first: 0n, end: 0n }] = await log.bounds('calls')
  const next = rows
    .map(row => BigInt(row.last_offset) + 1n)
    .reduce((most, offset) => (offset > most ? offset : most), whole.first)
  return { topic: 'all', partition: 0, records: behind(next, whole.end) }
}

function behind(next: bigint, end: bigint): number {
  return next < end ? Number(end - next) : 0
}
