import { bulkValues } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import type { ModelTable, ReadModel } from '../models/read-model.js'
import type { Contribution } from '../models/reports.js'
import type { Aggregates, ChangedObjects } from './aggregates.js'

/** What a model made of the events of an entity: null when they make no row. */
export interface FoldedEntity {
  entity: Entity
  row: unknown
}

/** A row that was changed or deleted, or the former contribution of a row. */
interface WrittenRow {
  account: string
  /** `null` when only the contribution is returned. */
  entity: string | null
  contribution: Contribution[] | null
  /** The agent of a deleted row. */
  agent: string | null
}

/**
 * Writes the rows of locked entities of one kind, whatever was stored before, and collects what that changes elsewhere.
 * Nothing is collected when a statement fails, and rows that were already right are not collected as changes.
 */
export async function writeRows(
  tx: Tx,
  model: ReadModel,
  folded: readonly FoldedEntity[],
  aggregates: Aggregates
): Promise<void> {
  const present = folded.filter(({ row }) => row !== null)
  const gone = folded.filter(({ row }) => row === null).map(({ entity }) => entity)
  const written: WrittenRow[] = []
  for (const [i, table] of model.tables.entries()) {
    const hasContributions = i === 0 && model.reports !== undefined
    written.push(...(await writeTable(tx, table, { present, gone, hasContributions })))
  }
  for (const { account, contribution } of written) aggregates.reports.add(account, contribution ?? [], -1)
  for (const { entity, row } of present) {
    aggregates.reports.add(entity.account, model.reports?.contributionOf(row) ?? [], 1)
    aggregates.extensions.add(model.sightingsIn?.(row) ?? [])
  }
  collectChanges(model, present, written, aggregates.changes)
}

/** Collects the changed entities, and the agents of their rows before and after. */
function collectChanges(
  model: ReadModel,
  present: readonly FoldedEntity[],
  written: readonly WrittenRow[],
  changes: ChangedObjects
): void {
  const changed = new Set<string>()
  for (const { account, entity, agent } of written) {
    if (entity === null) continue
    changed.add(`${account}\n${entity}`)
    if (model.liveKind) changes.add(model.liveKind, account, entity)
    if (agent) changes.add('agent', account, agent)
  }
  for (const table of model.tables) {
    if (!table.agentOf) continue
    for (const { entity, row } of present) {
      if (!changed.has(`${entity.account}\n${entity.entity}`)) continue
      for (const agent of table.rowsOf(row).map(table.agentOf))
        if (agent) changes.add('agent', entity.account, String(agent))
    }
  }
}

async function writeTable(
  tx: Tx,
  { columns, keyColumns, many, rowsOf, statements }: ModelTable,
  options: { present: readonly FoldedEntity[]; gone: readonly Entity[]; hasContributions: boolean }
): Promise<WrittenRow[]> {
  const { present, gone, hasContributions } = options
  const rows = present.flatMap(({ row }) => rowsOf(row))
  const written: WrittenRow[] = []
  const run = async (text: string, values: unknown[]) => {
    written.push(...(await tx.query<WrittenRow>(text, values)).rows)
  }
  if (gone.length > 0)
    await run(hasContributions ? statements.deleteAllAndReturnContributions : statements.deleteAll, entityArrays(gone))
  if (many && present.length > 0) {
    const entities = present.map(({ entity }) => entity)
    await run(statements.deleteOthers, [...entityArrays(entities), ...bulkValues(keyColumns, rows)])
  }
  if (rows.length > 0)
    await run(hasContributions ? statements.upsertAndReturnContributions : statements.upsert, bulkValues(columns, rows))
  return written
}

const entityArrays = (entities: readonly Entity[]) => [
  entities.map(({ account }) => account),
  entities.map(({ entity }) => entity)
]
