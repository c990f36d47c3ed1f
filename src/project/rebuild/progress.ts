import type pg from 'pg'
import { LOCKS } from '../../db/advisory-locks.js'
import { type SelectedRow, selectList } from '../../db/bulk-sql.js'
import { rebuilds } from '../../db/schema/projection.js'
import { type Tx, withConnection } from '../../db/transaction.js'
import { RebuildRunningError } from '../../errors.js'
import type { Entity, EntityKind } from '../../events/event.js'
import type { Chunk } from './chunk.js'

/** The progress of a rebuild, which an interrupted one continues. */
export interface Progress {
  id: string
  /** The last entity that is done; null when there is none. */
  after: Entity | null
  entities: number
  events: number
  differences: number
}

const PROPERTIES = ['id', 'account', 'kind', 'entity', 'entities', 'events', 'differences'] as const
type ProgressRow = SelectedRow<typeof rebuilds, (typeof PROPERTIES)[number]>
const COLUMNS = selectList(rebuilds, 'r', ...PROPERTIES)

/** The progress of an unfinished rebuild, or of a new one. */
export async function beginRebuild(
  pool: pg.Pool,
  { restart, now }: { restart: boolean; now: Date }
): Promise<Progress> {
  if (restart) await pool.query('update rebuilds set finished_at = $1 where finished_at is null', [now])
  const {
    rows: [open]
  } = await pool.query<ProgressRow>(
    `select ${COLUMNS} from rebuilds r where finished_at is null order by id desc limit 1`
  )
  if (open) return progressOf(open)
  const {
    rows: [created]
  } = await pool.query<ProgressRow>(
    `insert into rebuilds as r (started_at, entities, events, differences) values ($1, 0, 0, 0) returning ${COLUMNS}`,
    [now]
  )
  return progressOf(created as ProgressRow) // an insert of one row returns one
}

/** Called in the transaction that writes the rows. A chunk that is not recorded is repeated, with the same result. */
export async function recordChunk(tx: Tx, id: string, { last, entities, events, differences }: Chunk): Promise<void> {
  await tx.query(
    `update rebuilds set account = coalesce($2, account), kind = coalesce($3, kind), entity = coalesce($4, entity),
      entities = entities + $5, events = events + $6, differences = differences + $7
    where id = $1`,
    [id, last?.account, last?.kind, last?.entity, entities, events, differences.length]
  )
}

export async function finishRebuild(pool: pg.Pool, id: string, now: Date): Promise<void> {
  await pool.query('update rebuilds set finished_at = $2 where id = $1', [id, now])
}

/**
 * Runs the work under the lock that only one rebuild can hold.
 * @throws RebuildRunningError  when another process holds it
 */
export async function withRebuildLock<T>(pool: pg.Pool, work: () => Promise<T>): Promise<T> {
  return withConnection(pool, async (connection, markBroken) => {
    const {
      rows: [row]
    } = await connection.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCKS.rebuild])
    if (!row?.locked) throw new RebuildRunningError()
    return work().finally(() => connection.query('select pg_advisory_unlock($1)', [LOCKS.rebuild]).catch(markBroken))
  })
}

function progressOf({ id, account, kind, entity, entities, events, differences }: ProgressRow): Progress {
  const after =
    // written by recordChunk
    account !== null && kind !== null && entity !== null ? { account, kind: kind as EntityKind, entity } : null
  return { id, after, entities: Number(entities), events: Number(events), differences: Number(differences) }
}
