import type { AccountSettings } from '../../accounts/accounts.js'
import { isolatePoison, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { sqlStateOf } from '../../lib/sqlstate.js'
import { compare } from '../models/facts.js'
import type { ReadModel } from '../models/read-model.js'
import { foldedKinds, modelsOf } from '../models/read-models.js'
import { parseEventsAgain } from '../parse-again.js'
import { entityKey, type History, loadHistories } from '../stored-events.js'
import type { Aggregates } from './aggregates.js'
import { findOutdated, markFolded, raiseFoldVersions } from './entities.js'
import { type FoldedEntity, writeRows } from './write-rows.js'

export interface FailedEntity {
  entity: Entity
  /** `fold` when a fold threw, or the SQLSTATE with which the database rejected a row. */
  failed: string
  err: unknown
}

export interface FoldContext {
  settings: AccountSettings
  /** Collects what the rows change elsewhere, to be written at the end of the transaction. */
  aggregates: Aggregates
}

/**
 * Folds the whole histories of locked entities with all models of their kinds, and writes their rows. When a fold
 * throws, or the database rejects a row, the entity keeps the old rows of that model and is marked as failed; the batch
 * and the other models go on. The events of entities that an older version has folded are parsed again first: a new
 * version of a fold may come with a new parser.
 *
 * @returns each failed entity once, with the failure of the first model that failed
 */
export async function foldEntities(tx: Tx, entities: readonly Entity[], context: FoldContext): Promise<FailedEntity[]> {
  const outdated = await findOutdated(tx, entities)
  await parseEventsAgain(tx, outdated, context.settings)
  const failures: FailedEntity[] = []
  // the order in which src/project/models/discovered-extensions.ts locks rows
  const inKeyOrder = [...entities].sort((a, b) => compare(entityKey(a), entityKey(b)))
  for (const kind of foldedKinds()) {
    const own = inKeyOrder.filter(entity => entity.kind === kind)
    if (own.length === 0) continue
    const histories = await loadHistories(tx, own)
    const results: FoldedByModel[] = []
    for (const model of modelsOf(kind))
      results.push(await writeFolded(tx, model, foldAll(model, histories, context.settings), context.aggregates))
    const failed = firstFailures(results)
    await markFailures(tx, own, failed)
    failures.push(...failed)
  }
  if (outdated.length > 0) await raiseFoldVersions(tx, outdated)
  return failures
}

/** What one model made of the entities of a kind. */
export interface FoldedByModel {
  folded: FoldedEntity[]
  failures: FailedEntity[]
}

/** Folds each history. A fold that throws does not affect the others. */
export function foldAll(model: ReadModel, histories: readonly History[], settings: AccountSettings): FoldedByModel {
  const folded: FoldedEntity[] = []
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

/** Writes the rows, and adds those that the database rejects to the failures. */
export async function writeFolded(
  tx: Tx,
  model: ReadModel,
  { folded, failures }: FoldedByModel,
  aggregates: Aggregates
): Promise<FoldedByModel> {
  const refused = await isolatePoison(tx, folded, some => writeRows(tx, model, some, aggregates))
  const rejected = refused.map(({ item, err }) => ({ entity: item.entity, failed: sqlStateOf(err) ?? 'row', err }))
  return { folded, failures: [...failures, ...rejected] }
}

/** Each failed entity once, with the failure of the first model that failed. */
export function firstFailures(results: readonly FoldedByModel[]): FailedEntity[] {
  const first = new Map<string, FailedEntity>()
  for (const failure of results.flatMap(({ failures }) => failures)) {
    const key = entityKey(failure.entity)
    if (!first.has(key)) first.set(key, failure)
  }
  return [...first.values()]
}

/** Marks the entities of one kind as failed or not, once all models of the kind have written their rows. */
export async function markFailures(
  tx: Tx,
  entities: readonly Entity[],
  failures: readonly FailedEntity[]
): Promise<void> {
  const failed = new Map(failures.map(failure => [entityKey(failure.entity), failure.failed]))
  await markFolded(
    tx,
    entities.map(entity => ({ entity, failed: failed.get(entityKey(entity)) ?? null }))
  )
}
