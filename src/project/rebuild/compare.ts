import { arraysOf, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import type { Folded } from '../batch/write-rows.js'
import type { ReadModel, Table } from '../models/read-model.js'

/** A row that is not what its events amount to. */
export interface Difference {
  table: string
  account: string
  /** The entity's, or for reports the day, the number and the extension. */
  entity: string
  /** missing: there ought to be such a row. extra: there ought to be none. Otherwise the columns that differ. */
  fields: string[]
}

/** How the rows of these entities differ from what their events amount to. */
export async function compareRows(tx: Tx, model: ReadModel<unknown>, folded: readonly Folded[]): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const table of model.tables) {
    const rows = folded.flatMap(({ row }) => (row === null ? [] : table.rowsOf(row)))
    const entities = [folded.map(({ entity }) => entity.account), folded.map(({ entity }) => entity.entity)]
    const found = await tx.query<Difference>(statementFor(table), [...entities, ...arraysOf(table.columns, rows)])
    differences.push(...found.rows)
  }
  return differences
}

/** Made once for each table: their text is constant. */
const made = new Map<string, string>()

function statementFor(table: Table<unknown>): string {
  const known = made.get(table.name) ?? statement(table)
  made.set(table.name, known)
  return known
}

/** Compared by the database, with the types of its columns. Table and column names are ours, never a user's. */
function statement({ name, entity, key, columns }: Table<unknown>): string {
  const rest = Object.keys(columns).filter(column => !key.includes(column))
  const differs = (column: string) =>
    columns[column]?.least ? `t.${column} > u.${column}` : `t.${column} is distinct from u.${column}`
  const fields = rest.map(column => `case when ${differs(column)} then '${column}' end`).join(', ')
  return `select '${name}' as table, coalesce(u.account, t.account) as account, coalesce(u.${entity}, t.${entity}) as entity,
      case when t.account is null then array['missing'] when u.account is null then array['extra'] else array_remove(array[${fields}]::text[], null) end as fields
    from ${unnest(columns, 3)}
    full join (select * from ${name} where (account, ${entity}) in (select * from unnest($1::text[], $2::text[]))) t on ${key.map(column => `t.${column} = u.${column}`).join(' and ')}
    where t.account is null or u.account is null${rest.map(column => ` or ${differs(column)}`).join('')}`
}
