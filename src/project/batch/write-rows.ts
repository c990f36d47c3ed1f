import { arraysOf, bulkUpsert, type Columns, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import type { ReadModel, Table } from '../models/read-model.js'
import type { Contribution } from '../models/reports.js'
import type { Aggregates, ChangedObjects } from './aggregates.js'

/** What an entity's events amount to; no row when they make none. */
export interface Folded {
  entity: Entity
  row: unknown
}

/** A row that is another now, or the contribution of one before. */
interface Written {
  account: string
  /** Null: only its contribution is told. */
  entity: string | null
  contribution: Contribution[] | null
  /** Of a row that is gone. */
  agent: string | null
}

/**
 * Writes the rows of locked entities of one kind as they are now, whatever was there before, and gathers what that
 * changes elsewhere.
 * Nothing is gathered when a statement fails, and no change of rows that were right already.
 */
export async function writeRows(
  tx: Tx,
  model: ReadModel<unknown>,
  folded: readonly Folded[],
  aggregates: Aggregates
): Promise<void> {
  const present = folded.filter(({ row }) => row !== null)
  const gone = folded.filter(({ row }) => row === null).map(({ entity }) => entity)
  const written: Written[] = []
  for (const [i, table] of model.tables.entries()) {
    const keeps = i === 0 && model.contributionOf !== undefined
    written.push(...(await writeTable(tx, table, { present, gone, keeps })))
  }
  for (const { account, contribution } of written) aggregates.reports.add(account, contribution ?? [], -1)
  for (const { entity, row } of present) {
    aggregates.reports.add(entity.account, model.contributionOf?.(row) ?? [], 1)
    aggregates.extensions.add(model.seenIn?.(row) ?? [])
  }
  gatherChanges(model, present, written, aggregates.changes)
}

/** The entities, and the agents that they show or have shown. */
function gatherChanges(
  model: ReadModel<unknown>,
  present: readonly Folded[],
  written: readonly Written[],
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
    const agentOf = table.agent === undefined ? undefined : table.columns[table.agent]?.of
    if (!agentOf) continue
    for (const {
      entity: { account, entity },
      row
    } of present) {
      const agents = changed.has(`${account}\n${entity}`) ? table.rowsOf(row).map(agentOf) : []
      for (const agent of agents) if (agent) changes.add('agent', account, String(agent))
    }
  }
}

async function writeTable(
  tx: Tx,
  table: Table<unknown>,
  { present, gone, keeps }: { present: readonly Folded[]; gone: readonly Entity[]; keeps: boolean }
): Promise<Written[]> {
  const statements = statementsOf(table)
  const rows = present.flatMap(({ row }) => table.rowsOf(row))
  const written: Written[] = []
  const run = async (text: string, values: unknown[]) => {
    written.push(...(await tx.query<Written>(text, values)).rows)
  }
  if (gone.length > 0) await run(keeps ? statements.deleteKept : statements.deleteAll, entitiesOf(gone))
  if (table.many && present.length > 0) {
    const keys = arraysOf(pick(table.columns, table.key), rows)
    await run(statements.deleteOthers, [...entitiesOf(present.map(({ entity }) => entity)), ...keys])
  }
  if (rows.length > 0) await run(keeps ? statements.upsertKept : statements.upsert, arraysOf(table.columns, rows))
  return written
}

const entitiesOf = (entities: readonly Entity[]) => [
  entities.map(({ account }) => account),
  entities.map(({ entity }) => entity)
]

interface Statements {
  upsert: string
  /** Gives back too what the rows had contributed before. */
  upsertKept: string
  deleteAll: string
  deleteKept: string
  /** Of the entities $1 and $2, all rows but those whose keys follow. */
  deleteOthers: string
}

/** Made once for each table: their text is constant. */
const made = new Map<string, Statements>()

function statementsOf(table: Table<unknown>): Statements {
  const known = made.get(table.name) ?? statementsFor(table)
  made.set(table.name, known)
  return known
}

/** Table and column names are ours, never a user's. */
function statementsFor({ name, entity, key, columns, agent }: Table<unknown>): Statements {
  const upsert = `${bulkUpsert(name, key, columns).text} returning account, ${entity} as entity`
  const isOf = `(t.account, t.${entity}) in (select * from unnest($1::text[], $2::text[]))`
  const deleted = `returning t.account, t.${entity} as entity${agent === undefined ? '' : `, t.${agent} as agent`}`
  return {
    upsert,
    upsertKept: `with kept as (select t.account, t.contribution from ${name} t where ${isOf} and t.contribution <> '[]'), written as (${upsert})
      select account, contribution, null as entity from kept union all select account, null, entity from written`,
    deleteAll: `delete from ${name} t where ${isOf} ${deleted}`,
    deleteKept: `delete from ${name} t where ${isOf} ${deleted}, t.contribution`,
    deleteOthers: `delete from ${name} t where ${isOf} and not exists (select from ${unnest(pick(columns, key), 3)} where ${key.map(column => `u.${column} = t.${column}`).join(' and ')}) ${deleted}`
  }
}

export function pick<Row>(columns: Columns<Row>, names: readonly string[]): Columns<Row> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => names.includes(name)))
}
