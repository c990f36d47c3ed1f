import type { AccountSettings } from '../../accounts/accounts.js'
import { isolatePoison, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { sqlStateOf } from '../../lib/sqlstate.js'
import { compare } from '../models/facts.js'
import type { ReadModel } from '../models/read-model.js'
import { READ_MODELS } from '../models/read-models.js'
import { entityKey, type History, loadHistories } from '../stored-events.js'
import type { Aggregates } from './aggregates.js'
import { markFolded } from './entities.js'
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
 * A fold that throws, or a row that the database refuses, leaves that entity's old row as it is and marks the entity:
 * the batch goes on.
 */
export async function foldEntities(tx: Tx, entities: readonly Entity[], context: FoldContext): Promise<FailedEntity[]> {
  const failures: FailedEntity[] = []
  // of the locks of seen-extensions.ts too
  const inOrder = [...entities].sort((a, b) => compare(entityKey(a), entityKey(b)))
  for (const model of READ_MODELS) {
    const own = inOrder.filter(entity => entity.kind === model.kind)
    if (own.length > 0) failures.push(...(await foldKind(tx, model, await loadHistories(tx, own), context)))
  }
  return failures
}

async function foldKind(
  tx: Tx,
  model: ReadModel<unknown>,
  histories: readonly History[],
  context: FoldContext
): Promise<FailedEntity[]> {
  return keepFolded(tx, model, foldAll(model, histories, context.settings), context.aggregates)
}

/** Writes what was folded, and marks which entities were not; those that `isWritten` refuses are right already. */
export async function keepFolded(
  tx: Tx,
  model: ReadModel<unknown>,
  { folded, failures }: FoldedAll,
  aggregates: Aggregates,
  isWritten: (folded: Folded) => boolean = () => true
): Promise<FailedEntity[]> {
  const refused = await isolatePoison(tx, folded.filter(isWritten), some => writeRows(tx, model, some, aggregates))
  const all = [
    ...failures,
    ...refused.map(({ item, err }) => ({ entity: item.entity, failed: sqlStateOf(err) ?? 'row', err }))
  ]
  const failed = new Map(all.map(failure => [failure.entity, failure.failed]))
  await markFolded(
    tx,
    [...folded, ...failures].map(({ entity }) => ({ entity, failed: failed.get(entity) ?? null }))
  )
  return all
}

export interface FoldedAll {
  folded: Folded[]
  failures: FailedEntity[]
}

/** A fold that throws stops no other. */
export function foldAll(
  model: ReadModel<unknown>,
  histories: readonly History[],
  settings: AccountSettings
): FoldedAll {
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
