import { type Column, getTableColumns } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'

// Bulk statements: one array parameter for each column, so that the text of a statement does not depend on the number
// of rows. Names, types and keys come from the drizzle schema. They are never a user's, so they need no quoting.

/** An instant as a bulk statement accepts it: milliseconds since 1970, ISO 8601 text, or a Date. */
type Instant = number | string | Date

type Parameter<V> = V extends Date ? Instant : V

/** A row of a table as a bulk statement accepts it. A jsonb column takes any value that JSON can express. */
export type BulkRow<T extends PgTable> = {
  [K in keyof T['$inferSelect']]: Parameter<T['$inferSelect'][K]>
}

/** A row of a table as folds compute it: instants are milliseconds since 1970. */
export type FoldedRow<T extends PgTable> = {
  [K in keyof T['$inferSelect']]: Millis<T['$inferSelect'][K]>
}
type Millis<V> = V extends Date ? number : V

/** One column of a bulk statement. */
export interface BulkColumn<Row> {
  /** The name in SQL. */
  name: string
  /** The SQL type of one value; the parameter is an array of it. */
  type: string
  /** The value of the column in a row, as pg takes it. */
  valueIn: (row: Row) => unknown
}
export type BulkColumns<Row> = readonly BulkColumn<Row>[]

/** The columns of a table with these properties, or all of them, in the order of the schema. */
export function columnsOf<T extends PgTable, K extends keyof BulkRow<T> & string = keyof BulkRow<T> & string>(
  table: T,
  ...properties: readonly K[]
): BulkColumns<Pick<BulkRow<T>, K>> {
  return Object.entries<Column>(getTableColumns(table))
    .filter(([property]) => properties.length === 0 || (properties as readonly string[]).includes(property))
    .map(([property, column]) => bulkColumn(property, column))
}

/** All columns of a table but these. */
export function columnsExcept<T extends PgTable, K extends keyof BulkRow<T> & string>(
  table: T,
  ...properties: readonly K[]
): BulkColumns<Omit<BulkRow<T>, K>> {
  return Object.entries<Column>(getTableColumns(table))
    .filter(([property]) => !(properties as readonly string[]).includes(property))
    .map(([property, column]) => bulkColumn(property, column))
}

/** A value that is a column of no table, such as the position of a row in the list; `type` is its SQL type. */
export function parameter<K extends string>(name: K, type: string): BulkColumn<Record<K, unknown>> {
  return { name, type, valueIn: row => row[name] }
}

function bulkColumn(property: string, column: Column): BulkColumn<Record<string, unknown>> {
  const encode = encoderOf(column)
  const valueIn = encode
    ? (row: Record<string, unknown>) => encode(row[property])
    : (row: Record<string, unknown>) => row[property]
  return { name: column.name, type: parameterType(column), valueIn }
}

/** Without precision and scale, which the column itself enforces: `numeric(16, 3)` is passed as `numeric`. */
function parameterType(column: Column): string {
  return column.getSQLType().replace(/\s*\([^)]*\)/, '')
}

/** `null` when the value is passed as it is. */
function encoderOf(column: Column): ((value: unknown) => unknown) | null {
  if (column.dataType === 'date') return encodeInstant
  if (column.dataType === 'json') return value => (value === null ? null : JSON.stringify(value))
  return null
}

function encodeInstant(value: unknown): unknown {
  if (typeof value === 'number') return new Date(value).toISOString()
  return value instanceof Date ? value.toISOString() : value
}

/** `account, call_id` */
export function columnList(columns: BulkColumns<never>): string {
  return columns.map(({ name }) => name).join(', ')
}

/** `unnest($1::text[], $2::integer[]) as u (account, attempt)`; the first parameter has the number `from`. */
export function unnestSql(columns: BulkColumns<never>, from = 1): string {
  const arrays = columns.map(({ type }, i) => `$${from + i}::${type}[]`)
  return `unnest(${arrays.join(', ')}) as u (${columnList(columns)})`
}

/** The values of the parameters that `unnestSql` names: one array for each column. */
export function bulkValues<Row>(columns: BulkColumns<Row>, rows: readonly Row[]): unknown[][] {
  return columns.map(({ valueIn }) => rows.map(valueIn))
}

export interface UpsertOptions {
  /** Names of columns that keep the lesser of the stored and the new value. */
  keepLeast?: readonly string[]
}

/**
 * An upsert of many whole rows into a table, by its primary key. Rows that would not change are not rewritten.
 * The parameters are those of `unnestSql(columnsOf(table))`.
 */
export function upsertSql(table: PgTable, { keepLeast = [] }: UpsertOptions = {}): string {
  const name = tableName(table)
  const columns = columnsOf(table)
  const key = primaryKeyOf(table)
  const rest = columns.map(column => column.name).filter(column => !key.includes(column))
  const list = (prefix: string) => rest.map(column => `${prefix}.${column}`).join(', ')
  const assign = (column: string) =>
    keepLeast.includes(column)
      ? `${column} = least(${name}.${column}, excluded.${column})`
      : `${column} = excluded.${column}`
  return (
    `insert into ${name} (${columnList(columns)}) select * from ${unnestSql(columns)} ` +
    `on conflict (${key.join(', ')}) do update set ${rest.map(assign).join(', ')} ` +
    `where (${list(name)}) is distinct from (${list('excluded')})`
  )
}

/** A row as pg returns it for `selectList`: bigint columns are text, since a number could not hold them exactly. */
export type SelectedRow<T extends PgTable, K extends keyof T['$inferSelect'] = keyof T['$inferSelect']> = {
  [P in K]: Selected<T['$inferSelect'][P]>
}
type Selected<V> = V extends bigint ? string : V

/** `e.account, e.occurred_at as "occurredAt"`: the columns of a table, named as in its schema. */
export function selectList<T extends PgTable>(
  table: T,
  alias: string,
  ...properties: readonly (keyof T['$inferSelect'] & string)[]
): string {
  return Object.entries<Column>(getTableColumns(table))
    .filter(([property]) => properties.length === 0 || (properties as readonly string[]).includes(property))
    .map(([property, { name }]) => `${alias}.${name}${property === name ? '' : ` as "${property}"`}`)
    .join(', ')
}

export function tableName(table: PgTable): string {
  return getTableConfig(table).name
}

/** The SQL name of the column behind a property of the schema. */
export function columnName<T extends PgTable>(table: T, property: keyof T['$inferSelect'] & string): string {
  const column: Column | undefined = (getTableColumns(table) as Record<string, Column>)[property]
  if (!column) throw new TypeError(`${tableName(table)} has no column for ${property}`)
  return column.name
}

/** The SQL names of the columns of a table's primary key. */
export function primaryKeyOf(table: PgTable): string[] {
  const { columns, primaryKeys } = getTableConfig(table)
  return (primaryKeys[0]?.columns ?? columns.filter(column => column.primary)).map(({ name }) => name)
}
