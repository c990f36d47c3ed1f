import { arraysOf, bulkUpsert, type Columns, unnest } from '../db/unnest.js'
import type { Tx } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import type { Aggregates } from './aggregates.js'
import type { ReadModel, Table } from './models/read-model.js'
import type { Contribution } from './reports.js'

/** What an entity's events amount to; no row when they make none. */
export interface Folded {
  entity: Entity
  row: unknown
}

interface Kept {
  account: string
  contribution: Contribution[]
}

/**
 * Writes the rows of locked entities of one kind as they are now, whatever was there before, and gathers what that changes elsewhere.
 * Nothing is gathered when a statement fails.
 */
export async function writeRows (tx: Tx, model: ReadModel<unknown>, folded: readonly Folded[], aggregates: Aggregates): Promise<void> {
  const present = folded.filter(({ row }) => row !== null)
  const gone = folded.filter(({ row }) => row === null).map(({ entity }) => entity)
  const before: Kept[] = []
  for (const [i, table] of model.tables.entries()) {
    const keeps = i === 0 && model.contributionOf !== undefined
    before.push(...await writeTable(tx, table, { present, gone, keeps }))
  }
  for (const { account, contribution } of before) aggregates.reports.add(account, contribution, -1)
  for (const { entity, row } of present) {
    aggregates.reports.add(entity.account, model.contributionOf?.(row) ?? [], 1)
    aggregates.extensions.add(model.seenIn?.(row) ?? [])
  }
}

async function writeTable (tx: Tx, table: Table<unknown>, { present, gone, keeps }: { present: readonly Folded[], gone: readonly Entity[], keeps: boolean }): Promise<Kept[]> {
  const statements = statementsOf(table)
  const rows = present.flatMap(({ row }) => table.rowsOf(row))
  const kept: Kept[] = []
  if (gone.length > 0) {
    const deleted = await tx.query<Kept>(keeps ? statements.deleteKept : statements.deleteAll, entitiesOf(gone))
    kept.push(...deleted.rows)
  }
  if (table.many && present.length > 0) {
    const keys = arraysOf(pick(table.columns, table.key), rows)
    await tx.query(statements.deleteOthers, [...entitiesOf(present.map(({ entity }) => entity)), ...keys])
  }
  if (rows.length > 0) {
    const written = await tx.query<Kept>(keeps ? statements.upsertKept : statements.upsert, arraysOf(table.columns, rows))
    kept.push(...written.rows)
  }
  return kept
}

const entitiesOf = (entities: readonly Entity[]) => [entities.map(({ account }) => account), entities.map(({ entity }) => entity)]

interface Statements {
  upsert: string
  /** Gives back what the rows had contributed before. */
  upsertKept: string
  deleteAll: string
  deleteKept: string
  /** Of the entities $1 and $2, all rows but those whose keys follow. */
  deleteOthers: string
}

/** Made once for each table: their text is constant. */
const made = new Map<string, Statements>()

function statementsOf (table: Table<unknown>): Statements {
  const known = made.get(table.name) ?? statementsFor(table)
  made.set(table.name, known)
  return known
}

/** Table and column names are ours, never a user's. */
function statementsFor ({ name, entity, key, columns }: Table<unknown>): Statements {
  const upsert = bulkUpsert(name, key, columns).text
  const isOf = `(t.account, t.${entity}) in (select * from unnest($1::text[], $2::text[]))`
  return {
    upsert,
    upsertKept: `with kept as (select t.account, t.contribution from ${name} t where ${isOf} and t.contribution <> '[]'), written as (${upsert}) select account, contribution from kept`,
    deleteAll: `delete from ${name} t where ${isOf}`,
    deleteKept: `delete from ${name} t where ${isOf} returning account, contribution`,
    deleteOthers: `delete from ${name} t where ${isOf} and not exists (select from ${unnest(pick(columns, key), 3)} where ${key.map(column => `u.${column} = t.${column}`).join(' and ')})`
  }
}

export function pick<Row> (columns: Columns<Row>, names: readonly string[]): Columns<Row> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => names.includes(name)))
}
