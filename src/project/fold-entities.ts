import { sqlStateOf } from '../db/sqlstate.js'
import { isolatePoison, type Tx } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import type { Aggregates } from './aggregates.js'
import { markFolded } from './entities.js'
import { entityKey } from './entity-key.js'
import { type History, loadHistories } from './history.js'
import { compare } from './models/newest.js'
import type { ReadModel } from './models/read-model.js'
import { READ_MODELS } from './models/read-models.js'
import type { AccountSettings } from './settings.js'
import { type Folded, writeRows } from './write-rows.js'

export interface FailedEntity {
  entity: Entity
  /** `fold` when our code threw, else the SQLSTATE with which the database refused the row. */
  failed: string
  err: unknown
}

export interface FoldContext {
  settings: AccountSettings
  /** What the rows add to elsewhere is gathered here, to be written at the end of the transaction. */
  aggregates: Aggregates
}

/**
 * Folds the whole histories of locked entities and writes their rows.
 * A fold that throws, or a row that the database refuses, leaves that entity's old row as it is and marks the entity: the batch goes on.
 */
export async function foldEntities (tx: Tx, entities: readonly Entity[], context: FoldContext): Promise<FailedEntity[]> {
  const failures: FailedEntity[] = []
  const inOrder = [...entities].sort((a, b) => compare(entityKey(a), entityKey(b))) // of the locks of seen-extensions.ts too
  for (const model of READ_MODELS) {
    const own = inOrder.filter(entity => entity.kind === model.kind)
    if (own.length > 0) failures.push(...await foldKind(tx, model, await loadHistories(tx, own), context))
  }
  return failures
}

/** The same for histories of one kind that are at hand. */
export async function foldKind (tx: Tx, model: ReadModel<unknown>, histories: readonly History[], { settings, aggregates }: FoldContext): Promise<FailedEntity[]> {
  const { folded, failures } = foldAll(model, histories, settings)
  const refused = await isolatePoison(tx, folded, some => writeRows(tx, model, some, aggregates))
  for (const { item, err } of refused) failures.push({ entity: item.entity, failed: sqlStateOf(err) ?? 'row', err })
  const failed = new Map(failures.map(failure => [failure.entity, failure.failed]))
  await markFolded(tx, histories.map(({ entity }) => ({ entity, failed: failed.get(entity) ?? null })))
  return failures
}

export function foldAll (model: ReadModel<unknown>, histories: readonly History[], settings: AccountSettings): { folded: Folded[], failures: FailedEntity[] } {
  const folded: Folded[] = []
  const failures: FailedEntity[] = []
  for (const history of histories) {
    try {
      folded.push({ entity: history.entity, row: model.fold(history, settings) })
    } catch (err) {
      failures.push({ entity: history.entity, failed: 'fold', err })
    }
  }
  return { folded, failures }
}
