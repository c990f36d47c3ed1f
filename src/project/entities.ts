import { arraysOf, unnest } from '../db/unnest.js'
import type { Tx } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import { entityColumns } from './entity-key.js'
import { foldVersionOf } from './models/read-models.js'

const LOCK = `insert into entities (account, kind, entity, fold_version)
  select * from ${unnest({ ...entityColumns, fold_version: { type: 'int', of: () => 0 } })} order by account, kind, entity
  on conflict (account, kind, entity) do update set fold_version = excluded.fold_version`

const MARK = `update entities e set failed = u.failed from ${unnest({ ...entityColumns, failed: { type: 'text', of: () => '' } })}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.failed is distinct from u.failed`

/**
 * Locks the entities until the transaction ends, in the order of their keys, so that two transactions never wait for each other in a ring.
 * The lock is the row itself, which an upsert makes when it is missing: a row that does not exist cannot be locked.
 */
export async function lockEntities (tx: Tx, entities: readonly Entity[]): Promise<void> {
  await tx.query(LOCK, arraysOf({ ...entityColumns, fold_version: { type: 'int', of: ({ kind }) => foldVersionOf(kind) } }, entities))
}

/** Notes why the entities' rows are older than their events, or, with null, that they are not. */
export async function markFolded (tx: Tx, outcomes: readonly { entity: Entity, failed: string | null }[]): Promise<void> {
  await tx.query(MARK, [...arraysOf(entityColumns, outcomes.map(outcome => outcome.entity)), outcomes.map(outcome => outcome.failed)])
}
