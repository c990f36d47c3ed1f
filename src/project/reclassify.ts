import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import { arraysOf, unnest } from '../db/bulk-sql.js'
import { entityColumns } from '../db/event-columns.js'
import { inTransaction, type Tx } from '../db/transaction.js'
import { type Entity, type Event, entityOf } from '../events/event.js'
import { isKnownType } from '../mightycall/webhook/notification-types.js'
import { reparse } from '../mightycall/webhook/reparse.js'
import { createAggregates } from './batch/aggregates.js'
import { lockEntities } from './batch/entities.js'
import { type FailedEntity, foldEntities } from './batch/fold-entities.js'
import { storeEvents } from './batch/store-events.js'
import {
  distinctEntities,
  EVENTS_OF_ENTITIES,
  type EventRow,
  entityKey,
  STORED_COLUMNS,
  storedEvent
} from './stored-events.js'

export interface ReclassifyOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Only look. */
  dryRun: boolean
  onProgress?: (read: number) => void
  /** Events of one transaction. */
  pageSize?: number
}

export interface Reclassified {
  /** Unclassified events that were looked at. */
  read: number
  /** How many of them have a type now, by that type. */
  moved: Map<string, number>
  /** Types that drift no longer counts as unknown. */
  knownTypes: number
  failures: FailedEntity[]
}

const NEXT_ACCOUNT = 'select account from events where account > $1 order by account limit 1'
const PAGE = `select ${STORED_COLUMNS} from events e where e.account = $1 and e.kind = 'unclassified' and e.entity > $2 order by e.entity limit $3`
const AGAIN = `select ${STORED_COLUMNS} from ${EVENTS_OF_ENTITIES}`
const DELETE_EVENTS = `delete from events e using ${unnest(entityColumns)} where e.account = u.account and e.kind = u.kind and e.entity = u.entity`
const DELETE_EMPTY = `delete from entities n using ${unnest(entityColumns)} where n.account = u.account and n.kind = u.kind and n.entity = u.entity
  and not exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity)`

/**
 * Gives each unclassified event that today's parser knows its type, in the order of their keys and in small
 * transactions.
 * What is moved is gone from where it was: a second run goes on where the first one ended.
 */
export async function reclassify(options: ReclassifyOptions): Promise<Reclassified> {
  const { pool, dryRun, onProgress = () => {}, pageSize = 200 } = options
  const done: Reclassified = { read: 0, moved: new Map(), knownTypes: 0, failures: [] }
  for (let account = await nextAccount(pool, ''); account !== null; account = await nextAccount(pool, account)) {
    for (let last: string | null = ''; last !== null; ) {
      const { rows }: pg.QueryResult<EventRow> = await pool.query<EventRow>(PAGE, [account, last, pageSize])
      await reclassifyPage(options, rows, done)
      done.read += rows.length
      onProgress(done.read)
      last = rows.length < pageSize ? null : (rows.at(-1)?.entity ?? null)
    }
  }
  done.knownTypes = await forgetKnownTypes(pool, dryRun)
  return done
}

/** How many there are to look at. */
export async function countUnclassified(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>("select count(*) from events where kind = 'unclassified'")
  return Number(row?.count ?? 0)
}

async function nextAccount(pool: pg.Pool, after: string): Promise<string | null> {
  const {
    rows: [row]
  } = await pool.query<{ account: string }>(NEXT_ACCOUNT, [after])
  return row?.account ?? null
}

async function reclassifyPage(
  { pool, settings, dryRun }: ReclassifyOptions,
  rows: readonly EventRow[],
  done: Reclassified
): Promise<void> {
  const moves = movesAmong(rows, settings)
  if (moves.length === 0) return
  const { moved, failures } = dryRun
    ? { moved: moves, failures: [] }
    : await inTransaction(pool, tx => move(tx, moves, settings))
  for (const { event } of moved) done.moved.set(event.type, (done.moved.get(event.type) ?? 0) + 1)
  done.failures.push(...failures)
}

interface Move {
  /** Where it is. */
  from: Entity
  /** What it is by today's parser. */
  event: Event
}

function movesAmong(rows: readonly EventRow[], { regionOf }: AccountSettings): Move[] {
  return rows.flatMap(row => {
    const event = reparse(storedEvent(row), regionOf(row.account))
    return event.type === 'unclassified'
      ? []
      : [{ from: { account: row.account, kind: 'unclassified', entity: row.entity }, event }]
  })
}

/** The order of locks is that of a batch: entities, the old and the new, then their events and rows. */
async function move(
  tx: Tx,
  planned: readonly Move[],
  settings: AccountSettings
): Promise<{ moved: Move[]; failures: FailedEntity[] }> {
  const entities = distinctEntities(planned.flatMap(({ from, event }) => [from, entityOf(event)]))
  await lockEntities(tx, entities)
  const locked = new Set(entities.map(entityKey))
  // Another process may have moved one since it was read, or put an earlier copy in its place.
  const { rows } = await tx.query<EventRow>(
    AGAIN,
    arraysOf(
      entityColumns,
      planned.map(({ from }) => from)
    )
  )
  const moves = movesAmong(rows, settings).filter(({ event }) => locked.has(entityKey(entityOf(event))))
  const { refused, entities: changed } = await storeEvents(tx, moves)
  const stays = new Set(refused.map(({ item }) => item))
  const moved = moves.filter(one => !stays.has(one))
  await tx.query(
    DELETE_EVENTS,
    arraysOf(
      entityColumns,
      moved.map(({ from }) => from)
    )
  )
  await tx.query(
    DELETE_EMPTY,
    arraysOf(
      entityColumns,
      planned.map(({ from }) => from)
    )
  ) // those too that the lock has made of what was moved meanwhile
  const aggregates = createAggregates()
  const failures = await foldEntities(tx, changed, { settings, aggregates })
  await aggregates.write(tx)
  return { moved, failures }
}

/** One row at a time: of two that a batch counts at once it would wait for one while it holds the other. */
async function forgetKnownTypes(pool: pg.Pool, dryRun: boolean): Promise<number> {
  const { rows } = await pool.query<{ account: string; type: string }>(
    "select account, type from drift where field = ''"
  )
  const known = rows.filter(({ type }) => isKnownType(type))
  if (!dryRun)
    for (const { account, type } of known)
      await pool.query("delete from drift where account = $1 and type = $2 and field = ''", [account, type])
  return known.length
}
