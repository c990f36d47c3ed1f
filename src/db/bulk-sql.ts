/** A column of a bulk statement: its SQL type, and its value in a row. */
export interface Column<Row> {
  type: string
  of: (row: Row) => unknown
  /** An upsert keeps the lesser of the two values, instead of the new one. */
  least?: boolean
}
export type Columns<Row> = Record<string, Column<Row>>

export interface BulkStatement<Row> {
  text: string
  values: (rows: readonly Row[]) => unknown[][]
}

/**
 * An upsert of many rows in one statement of constant text: one array for each column.
 * Untouched rows are not rewritten. Table and column names are ours, never a user's.
 */
export function bulkUpsert<Row>(table: string, key: readonly string[], columns: Columns<Row>): BulkStatement<Row> {
  const names = Object.keys(columns)
  const rest = names.filter(name => !key.includes(name))
  const list = (prefix: string) => rest.map(name => `${prefix}.${name}`).join(', ')
  const set = (name: string) =>
    columns[name]?.least ? `${name} = least(${table}.${name}, excluded.${name})` : `${name} = excluded.${name}`
  return {
    text:
      `insert into ${table} (${names.join(', ')}) select * from ${unnest(columns)} ` +
      `on conflict (${key.join(', ')}) do update set ${rest.map(set).join(', ')} ` +
      `where (${list(table)}) is distinct from (${list('excluded')})`,
    values: rows => arraysOf(columns, rows)
  }
}

/** `unnest($1::text[], $2::int[]) as u (account, attempt)`, its first parameter numbered `from`. */
export function unnest<Row>(columns: Columns<Row>, from = 1): string {
  const arrays = Object.values(columns).map((column, i) => `$${from + i}::${column.type}[]`)
  return `unnest(${arrays.join(', ')}) as u (${Object.keys(columns).join(', ')})`
}

export function arraysOf<Row>(columns: Columns<Row>, rows: readonly Row[]): unknown[][] {
  return Object.values(columns).map(column => rows.map(row => column.of(row)))
}
