import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Keyset, KeysetType } from './cursor.js'

/** The columns that a list is sorted by, in this order. Together they are unique. */
export type SortColumns = readonly (readonly [column: SQLWrapper, type: KeysetType])[]

/** Sorts by all columns in the same direction, so that one index serves both directions. */
export function orderBy(columns: SortColumns, descending: boolean): SQL {
  return sql.join(
    columns.map(([column]) => (descending ? sql`${column} desc` : sql`${column}`)),
    sql`, `
  )
}

/** The condition for rows that come after the row with this keyset. */
export function isAfter(columns: SortColumns, descending: boolean, keyset: Keyset): SQL {
  const row = sql.join(
    columns.map(([column]) => sql`${column}`),
    sql`, `
  )
  const values = sql.join(
    columns.map(([, type], i) => sql`${keyset[i]}::${sql.raw(type)}`),
    sql`, `
  )
  return sql`(${row}) ${sql.raw(descending ? '<' : '>')} (${values})`
}
