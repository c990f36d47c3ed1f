import { bulkValues, columnList, columnsOf, unnestSql } from '../../db/bulk-sql.js'
import { entityColumns } from '../../db/event-columns.js'
import { entities as table } from '../../db/schema/events.js'
import type { Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { foldVersionOf } from '../models/read-models.js'

const versionColumns = columnsOf(table, 'account', 'kind', 'entity', 'foldVersion')
const failureColumns = columnsOf(table, 'account', 'kind', 'entity', 'failed')

const withVersion = (entity: Entity) => ({ ...entity, foldVersion: foldVersionOf(entity.kind) })

const LOCK = `insert into entities (${columnList(versionColumns)})
  select * from ${unnestSql(versionColumns)} order by account, kind, entity
  on conflict (account, kind, entity) do update set fold_version = entities.fold_version`

/**
 * Locks the entities until the transaction ends, in key order, so that two transactions cannot deadlock. The lock is
 * the row of the entity; the upsert creates it when it is missing, since a row that does not exist cannot be locked.
 * An entity that exists keeps its version: `findOutdated` returns it.
 */
export async function lockEntities(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(LOCK, bulkValues(versionColumns, entities.map(withVersion)))
}

const OUTDATED = `select u.account, u.kind, u.entity from entities e join ${unnestSql(versionColumns)}
  on (e.account, e.kind, e.entity) = (u.account, u.kind, u.entity) where e.fold_version < u.fold_version`

/** Returns those of the locked entities that were folded by older versions of their models. */
export async function findOutdated(tx: Tx, entities: readonly Entity[]): Promise<Entity[]> {
  return (await tx.query<Entity>(OUTDATED, bulkValues(versionColumns, entities.map(withVersion)))).rows
}

const RAISE = `update entities e set fold_version = u.fold_version from ${unnestSql(versionColumns)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.fold_version <> u.fold_version`

/** Records that locked entities are folded by the current versions of their models. */
export async function raiseFoldVersions(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(RAISE, bulkValues(versionColumns, entities.map(withVersion)))
}

const REMOVE = `delete from entities e using ${unnestSql(entityColumns)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity`

/** Deletes entities that have no events any more. */
export async function removeEntities(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(REMOVE, bulkValues(entityColumns, entities))
}

/** The result of folding an entity: `failed` is null when all of its rows were written. */
export interface FoldResult {
  entity: Entity
  failed: string | null
}

const MARK = `update entities e set failed = u.failed from ${unnestSql(failureColumns)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.failed is distinct from u.failed`

/** Records which entities have rows that do not reflect their events, and why. */
export async function markFolded(tx: Tx, results: readonly FoldResult[]): Promise<void> {
  const rows = results.map(({ entity, failed }) => ({ ...entity, failed }))
  await tx.query(MARK, bulkValues(failureColumns, rows))
}
