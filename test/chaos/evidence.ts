import type pg from 'pg'
import type { StoredRecord } from '../../src/event-log/port.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { SETTINGS } from '../support/settings.js'
import type { Post } from './load.js'

/** Everything that is checked after a run. */
export interface Evidence {
  /** Notifications posted during the faults. */
  posts: readonly Post[]
  /** Notifications posted when all processes were ready. */
  probes: readonly Post[]
  /** The ids of the rows in the table of events. */
  storedIds: readonly string[]
  checkpoints: readonly StoredCheckpoint[]
  failureCounts: FailureCounts
  rows: RowCheck
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset' | 'key' | 'headers'>[]
  /** The output of all processes. */
  output: string
  /** Exits of processes that were not requested. */
  unexpectedExits: readonly string[]
  /** The problem that remained when the time for recovery was over, or null. */
  unsettled: string | null
}

export interface StoredCheckpoint {
  topic: string
  partition: number
  offset: bigint
}

/** The numbers of rows that record failures. */
export interface FailureCounts {
  deadLetters: number
  holes: number
  failedEntities: number
}

/** The result of comparing all rows with a fresh fold of all events. */
export interface RowCheck {
  /** `table entity: fields` for each differing row. */
  differing: string[]
  failures: string[]
}

export async function storedIdsOf(pool: pg.Pool): Promise<string[]> {
  return (await pool.query<{ id: string }>('select id from events')).rows.map(({ id }) => id)
}

export async function checkpointsOf(pool: pg.Pool): Promise<StoredCheckpoint[]> {
  const { rows } = await pool.query<{ topic: string; partition: number; last_offset: string }>(
    'select topic, partition, last_offset from checkpoints'
  )
  return rows.map(({ topic, partition, last_offset: offset }) => ({ topic, partition, offset: BigInt(offset) }))
}

export async function failureCountsOf(pool: pg.Pool): Promise<FailureCounts> {
  const {
    rows: [row]
  } = await pool.query<FailureCounts>(`select (select count(*)::int from dead_letters) as "deadLetters",
    (select count(*)::int from holes) as holes,
    (select count(*)::int from entities where failed is not null) as "failedEntities"`)
  return row as FailureCounts // a select without from returns one row
}

/** Compares all rows with a fresh fold of all events, without changing them. */
export async function checkRows(pool: pg.Pool): Promise<RowCheck> {
  const differing: string[] = []
  const { failures } = await rebuild({
    pool,
    settings: SETTINGS,
    now: () => new Date(),
    dryRun: true,
    onDifference: ({ table, entity, fields }) => {
      differing.push(`${table} ${entity}: ${fields.join(', ')}`)
    }
  })
  return { differing, failures: failures.map(({ entity, failed }) => `${entity.kind} ${entity.entity}: ${failed}`) }
}
