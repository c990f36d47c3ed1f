import type pg from 'pg'
import { inTransaction } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { createAggregates } from '../batch/aggregates.js'
import { lockEntities, removeEntities } from '../batch/entities.js'
import { writeRows } from '../batch/write-rows.js'
import type { ModelTable, ReadModel } from '../models/read-model.js'
import { READ_MODELS } from '../models/read-models.js'
import type { Difference } from './compare.js'

const CHUNK = 500

/**
 * Finds rows of entities that are unknown and have no events, and deletes them unless it is a dry run. An entity that
 * is known is compared like the others, even when all of its events have moved to another one.
 */
export async function rebuildOrphans(pool: pg.Pool, { dryRun }: { dryRun: boolean }): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const model of READ_MODELS) {
    if (model.sharesTable) continue
    for (const table of model.tables) {
      const entities = await orphansIn(pool, model, table)
      differences.push(
        ...entities.map(({ account, entity }) => ({ table: table.name, account, entity, fields: ['extra'] }))
      )
      for (let from = 0; !dryRun && from < entities.length; from += CHUNK)
        await remove(pool, model, entities.slice(from, from + CHUNK))
    }
  }
  return differences
}

async function orphansIn(pool: pg.Pool, { kind }: ReadModel, { name, entityColumn }: ModelTable): Promise<Entity[]> {
  const { rows } = await pool.query<Entity>({
    text: `select distinct t.account, $1::text as kind, t.${entityColumn} as entity from ${name} t
      where not exists (
        select from events e where e.account = t.account and e.kind = $1 and e.entity = t.${entityColumn}
      ) and not exists (
        select from entities n where n.account = t.account and n.kind = $1 and n.entity = t.${entityColumn}
      ) order by 1, 2, 3`,
    values: [kind]
  })
  return rows
}

/** Locks the entities, and deletes their rows where there are still no events: one may have been stored meanwhile. */
async function remove(pool: pg.Pool, model: ReadModel, entities: readonly Entity[]): Promise<void> {
  await inTransaction(pool, async tx => {
    await lockEntities(tx, entities)
    const { rows } = await tx.query<Entity>(
      `select u.account, $1::text as kind, u.entity from unnest($2::text[], $3::text[]) as u (account, entity)
      where not exists (select from events e where e.account = u.account and e.kind = $1 and e.entity = u.entity)`,
      [model.kind, entities.map(({ account }) => account), entities.map(({ entity }) => entity)]
    )
    const aggregates = createAggregates()
    await writeRows(
      tx,
      model,
      rows.map(entity => ({ entity, row: null })),
      aggregates
    )
    await removeEntities(tx, rows)
    await aggregates.write(tx)
  })
}
