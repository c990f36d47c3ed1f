import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import { bulkValues, unnestSql } from '../db/bulk-sql.js'
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
  entityKey,
  STORED_COLUMNS,
  type StoredRow,
  storedEvent
} from './stored-events.js'

export interface ReclassifyOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** Only report; change nothing. */
  dryRun: boolean
  /** Also gives notifications with another ApiKey their type: the configured key was wrong when they arrived. */
  acceptApiKey?: boolean
  /** Only the events of this account. Default: all accounts. */
  account?: string | undefined
  onProgress?: (read: number) => void
  /** The number of events of one transaction. */
  pageSize?: number
}

export interface Reclassified {
  /** The number of unclassified events that were read. */
  read: number
  /** The number of events that have a type now, by that type. */
  moved: Map<string, number>
  /** The number of types that are no longer counted as unknown. */
  knownTypes: number
  failures: FailedEntity[]
}

const NEXT_ACCOUNT = 'select account from events where account > $1 order by account limit 1'
const PAGE = `select ${STORED_COLUMNS} from events e
  where e.account = $1 and e.kind = 'unclassified' and e.entity > $2 order by e.entity limit $3`
const RELOAD = `select ${STORED_COLUMNS} from ${EVENTS_OF_ENTITIES}`
const DELETE_EVENTS = `delete from events e using ${unnestSql(entityColumns)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity`
const DELETE_EMPTY = `delete from entities n using ${unnestSql(entityColumns)}
  where n.account = u.account and n.kind = u.kind and n.entity = u.entity
    and not exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity)`

/**
 * Gives each unclassified event that the current parser recognizes its type, in key order and in small transactions. An
 * event moves to the entity of its new type, so a second run continues where an interrupted one ended.
 */
export async function reclassify(options: ReclassifyOptions): Promise<Reclassified> {
  const { pool, dryRun, onProgress = () => {}, pageSize = 200 } = options
  const result: Reclassified = { read: 0, moved: new Map(), knownTypes: 0, failures: [] }
  for (let account = await nextAccount(pool, ''); account !== null; account = await nextAccount(pool, account)) {
    if (options.account !== undefined && account !== options.account) continue
    for (let last: string | null = ''; last !== null; ) {
      const { rows }: pg.QueryResult<StoredRow> = await pool.query<StoredRow>(PAGE, [account, last, pageSize])
      await reclassifyPage(options, rows, result)
      result.read += rows.length
      onProgress(result.read)
      last = rows.length < pageSize ? null : (rows.at(-1)?.entity ?? null)
    }
  }
  result.knownTypes = await removeKnownTypes(pool, dryRun)
  return result
}

/** The number of unclassified events. */
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
  options: ReclassifyOptions,
  rows: readonly StoredRow[],
  result: Reclassified
): Promise<void> {
  const moves = plannedMoves(rows, options)
  if (moves.length === 0) return
  const { moved, failures } = options.dryRun
    ? { moved: moves, failures: [] }
    : await inTransaction(options.pool, tx => move(tx, moves, options))
  for (const { event } of moved) result.moved.set(event.type, (result.moved.get(event.type) ?? 0) + 1)
  result.failures.push(...failures)
}

interface Move {
  /** The unclassified entity of the stored event. */
  from: Entity
  /** The event as the current parser reads it. */
  event: Event
}

function plannedMoves(rows: readonly StoredRow[], { settings, acceptApiKey = false }: ReclassifyOptions): Move[] {
  return rows.flatMap(row => {
    const event = reparse(storedEvent(row), { region: settings.regionOf(row.account), acceptApiKey })
    return event.type === 'unclassified'
      ? []
      : [{ from: { account: row.account, kind: 'unclassified', entity: row.entity }, event }]
  })
}

/** Takes locks in the order of a batch: the old and the new entities, then their events and rows. */
async function move(
  tx: Tx,
  planned: readonly Move[],
  options: ReclassifyOptions
): Promise<{ moved: Move[]; failures: FailedEntity[] }> {
  const entities = distinctEntities(planned.flatMap(({ from, event }) => [from, entityOf(event)]))
  await lockEntities(tx, entities)
  const locked = new Set(entities.map(entityKey))
  // Since they were read, another process may have moved an event, or stored a duplicate that was received earlier.
  const { rows } = await tx.query<StoredRow>(
    RELOAD,
    bulkValues(
      entityColumns,
      planned.map(({ from }) => from)
    )
  )
  const moves = plannedMoves(rows, options).filter(({ event }) => locked.has(entityKey(entityOf(event))))
  const { refused, entities: changed } = await storeEvents(tx, moves)
  const rejected = new Set(refused.map(({ item }) => item))
  const moved = moves.filter(one => !rejected.has(one))
  await tx.query(
    DELETE_EVENTS,
    bulkValues(
      entityColumns,
      moved.map(({ from }) => from)
    )
  )
  // also the rows that locking created for events that another process has moved
  await tx.query(
    DELETE_EMPTY,
    bulkValues(
      entityColumns,
      planned.map(({ from }) => from)
    )
  )
  const aggregates = createAggregates()
  const failures = await foldEntities(tx, changed, { settings: options.settings, aggregates })
  await aggregates.write(tx)
  return { moved, failures }
}

/** Deletes one row per statement: holding one row while waiting for another could deadlock with a batch. */
async function removeKnownTypes(pool: pg.Pool, dryRun: boolean): Promise<number> {
  const { rows } = await pool.query<{ account: string; type: string }>(
    "select account, type from drift where field = ''"
  )
  const known = rows.filter(({ type }) => isKnownType(type))
  if (!dryRun)
    for (const { account, type } of known)
      await pool.query("delete from drift where account = $1 and type = $2 and field = ''", [account, type])
  return known.length
}
