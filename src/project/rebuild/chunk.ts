import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inSnapshot, inTransaction, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { type Aggregates, createAggregates } from '../batch/aggregates.js'
import { raiseFoldVersions } from '../batch/entities.js'
import {
  type FailedEntity,
  type FoldedByModel,
  firstFailures,
  foldAll,
  markFailures,
  writeFolded
} from '../batch/fold-entities.js'
import type { FoldedEntity } from '../batch/write-rows.js'
import type { ReadModel } from '../models/read-model.js'
import { foldedKinds, modelsOf } from '../models/read-models.js'
import { loadParsedAgain, updateEvents } from '../parse-again.js'
import type { History } from '../stored-events.js'
import { compareExtensions, compareRows, type Difference } from './compare.js'

/** What the rebuild of some entities found, and repaired unless it was a dry run. */
export interface Chunk {
  /** The last of the entities in key order; null when there are no more. */
  last: Entity | null
  entities: number
  events: number
  differences: Difference[]
  failures: FailedEntity[]
}

export interface ChunkOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** The chunk begins after this entity, or with null at the first one. */
  after: Entity | null
  size: number
  dryRun: boolean
  /** Called within the transaction, after the rows were written. */
  onDone?: (tx: Tx, chunk: Chunk) => Promise<void>
}

/**
 * Folds the next entities from their events, as the current parser reads them, and compares the result with the stored
 * rows. Rows that differ are written, with the locks of a batch in the same order.
 */
export async function rebuildChunk(options: ChunkOptions): Promise<Chunk> {
  const { pool, settings, dryRun, onDone } = options
  return (dryRun ? inSnapshot : inTransaction)(pool, async tx => {
    const entities = await nextEntities(tx, options)
    const { histories, changed } = await loadParsedAgain(tx, entities, settings)
    const chunk: Chunk = {
      last: entities.at(-1) ?? null,
      entities: entities.length,
      events: histories.reduce((sum, { events }) => sum + events.length, 0),
      differences: [],
      failures: []
    }
    if (!dryRun) await updateEvents(tx, changed)
    const aggregates = createAggregates()
    for (const kind of foldedKinds()) {
      const own = histories.filter(({ entity }) => entity.kind === kind)
      if (own.length === 0) continue
      const results: FoldedByModel[] = []
      for (const model of modelsOf(kind)) {
        const { differences, result } = await rebuildRows(tx, model, { histories: own, aggregates, settings, dryRun })
        chunk.differences.push(...differences)
        results.push(result)
      }
      const failures = firstFailures(results)
      chunk.failures.push(...failures)
      if (!dryRun)
        await markFailures(
          tx,
          own.map(({ entity }) => entity),
          failures
        )
    }
    if (dryRun) return chunk
    for (const { account } of chunk.differences) aggregates.changes.reset(account)
    await raiseFoldVersions(tx, entities)
    await onDone?.(tx, chunk)
    await aggregates.write(tx)
    return chunk
  })
}

/** Compares the rows of one model, and writes those that differ unless it is a dry run. */
async function rebuildRows(
  tx: Tx,
  model: ReadModel,
  options: { histories: readonly History[]; aggregates: Aggregates; settings: AccountSettings; dryRun: boolean }
): Promise<{ differences: Difference[]; result: FoldedByModel }> {
  const { histories, aggregates, settings, dryRun } = options
  const { folded, failures } = foldAll(model, histories, settings)
  const sightings = folded.flatMap(({ row }) => (row === null ? [] : (model.sightingsIn?.(row) ?? [])))
  aggregates.extensions.add(sightings)
  const rows = await compareRows(tx, model, folded)
  const differences = [...rows, ...(await compareExtensions(tx, sightings))]
  if (dryRun) return { differences, result: { folded, failures } }
  const differing = folded.filter(isAmong(rows))
  return { differences, result: await writeFolded(tx, model, { folded: differing, failures }, aggregates) }
}

function isAmong(differences: readonly Difference[]): (folded: FoldedEntity) => boolean {
  const keys = new Set(differences.map(({ account, entity }) => `${account}\n${entity}`))
  return ({ entity: { account, entity } }) => keys.has(`${account}\n${entity}`)
}

async function nextEntities(tx: Tx, { after, size, dryRun }: ChunkOptions): Promise<Entity[]> {
  const { rows } = await tx.query<Entity>(
    `select account, kind, entity from entities
    where (account, kind, entity) > ($1, $2, $3) order by account, kind, entity limit $4 ${dryRun ? '' : 'for update'}`,
    [after?.account ?? '', after?.kind ?? '', after?.entity ?? '', size]
  )
  return rows
}
