import { sqlStateOf } from '../db/sqlstate.js'
import { isolatePoison, type Tx } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import { markFolded } from './entities.js'
import { type History, loadHistories } from './history.js'
import type { ReadModel } from './read-model.js'
import { READ_MODELS } from './read-models.js'

export interface FailedEntity {
  entity: Entity
  /** `fold` when our code threw, else the SQLSTATE with which the database refused the row. */
  failed: string
  err: unknown
}

interface Folded {
  entity: Entity
  row: unknown
}

/**
 * Folds the whole histories of locked entities and writes their rows.
 * A fold that throws, or a row that the database refuses, leaves that entity's old row as it is and marks the entity: the batch goes on.
 */
export async function foldEntities (tx: Tx, entities: readonly Entity[]): Promise<FailedEntity[]> {
  const failures: FailedEntity[] = []
  for (const model of READ_MODELS) {
    const own = entities.filter(entity => entity.kind === model.kind)
    if (own.length > 0) failures.push(...await foldKind(tx, model, own))
  }
  return failures
}

async function foldKind (tx: Tx, model: ReadModel<unknown>, entities: readonly Entity[]): Promise<FailedEntity[]> {
  const { folded, failures } = foldAll(model, await loadHistories(tx, entities))
  const refused = await isolatePoison(tx, folded, some => model.write(tx, some.map(({ row }) => row)))
  for (const { item, err } of refused) failures.push({ entity: item.entity, failed: sqlStateOf(err) ?? 'row', err })
  const failed = new Map(failures.map(failure => [failure.entity, failure.failed]))
  await markFolded(tx, entities.map(entity => ({ entity, failed: failed.get(entity) ?? null })))
  return failures
}

function foldAll (model: ReadModel<unknown>, histories: readonly History[]): { folded: Folded[], failures: FailedEntity[] } {
  const folded: Folded[] = []
  const failures: FailedEntity[] = []
  for (const history of histories) {
    try {
      const row = model.fold(history)
      if (row !== null) folded.push({ entity: history.entity, row })
    } catch (err) {
      failures.push({ entity: history.entity, failed: 'fold', err })
    }
  }
  return { folded, failures }
}
