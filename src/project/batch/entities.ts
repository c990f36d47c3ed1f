import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import { entityColumns } from '../../db/event-columns.js'
import type { Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { foldVersionOf } from '../models/read-models.js'

const versioned: Columns<Entity> = {
  ...entityColumns,
  fold_version: { type: 'int', of: ({ kind }) => foldVersionOf(kind) }
}

const LOCK = `insert into entities (account, kind, entity, fold_version)
  select * from ${unnest(versioned)} order by account, kind, entity
  on conflict (account, kind, entity) do update set fold_version = excluded.fold_version`

const MARK = `update entities e set failed = u.failed from ${unnest({ ...entityColumns, failed: { type: 'text', of: () => '' } })}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.failed is distinct from u.failed`

/**
 * Locks the entities until the transaction ends, in the order of their keys, so that two transactions never wait for
 * each other in a ring.
 * The lock is the row itself, which an upsert makes when it is missing: a row that does not exist cannot be locked.
 */
export async function lockEntities(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(LOCK, arraysOf(versioned, entities))
}

const RAISE = `update entities e set fold_version = u.fold_version from ${unnest(versioned)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.fold_version <> u.fold_version`

/** Notes that locked entities are folded by today's folds. */
export async function raiseFoldVersions(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(RAISE, arraysOf(versioned, entities))
}

/** Takes away those that have no events any more. */
export async function removeEntities(tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(
    `delete from entities e using ${unnest(entityColumns)} where e.account = u.account and e.kind = u.kind and e.entity = u.entity`,
    arraysOf(entityColumns, entities)
  )
}

/** Notes why the entities' rows are older than their events, or, with null, that they are not. */
export async function markFolded(
  tx: Tx,
  outcomes: readonly { entity: Entity; failed: string | null }[]
): Promise<void> {
  await tx.query(MARK, [
    ...arraysOf(
      entityColumns,
      outcomes.map(outcome => outcome.entity)
    ),
    outcomes.map(outcome => outcome.failed)
  ])
}
