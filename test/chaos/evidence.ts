import type pg from 'pg'
import type { StoredRecord } from '../../src/event-log/port.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { SETTINGS } from '../support/settings.js'
import type { Post } from './load.js'

/** What is looked at when a run is over. */
export interface Evidence {
  /** Posted while things went wrong. */
  posts: readonly Post[]
  /** Posted when everything said that it was ready. */
  probes: readonly Post[]
  /** The rows of the table of events, by their ids. */
  storedIds: readonly string[]
  checkpoints: readonly StoredCheckpoint[]
  setAside: SetAside
  rows: RowCheck
  records: readonly Pick<StoredRecord, 'topic' | 'partition' | 'offset' | 'key' | 'headers'>[]
  /** All that the processes have printed. */
  output: string
  /** Ends that nobody has asked for. */
  deaths: readonly string[]
  /** What was still amiss when the time to recover was over. */
  unsettled: string | null
}

export interface StoredCheckpoint {
  topic: string
  partition: number
  offset: bigint
}

/** How many rows tell of something that went wrong. */
export interface SetAside {
  deadLetters: number
  holes: number
  failedEntities: number
}

/** What a cold fold of all events says of the rows. */
export interface RowCheck {
  /** `table entity: fields`, for each row that differs. */
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

export async function setAsideOf(pool: pg.Pool): Promise<SetAside> {
  const {
    rows: [row]
  } = await pool.query<SetAside>(`select (select count(*)::int from dead_letters) as "deadLetters",
    (select count(*)::int from holes) as holes, (select count(*)::int from entities where failed is not null) as "failedEntities"`)
  return row as SetAside // a select without a from gives one row
}

/** Changes nothing. */
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
