import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { InvalidParameterError } from '../../errors.js'
import { parseInstant } from '../../lib/instant.js'
import { decodeTextCursor, type Keyset } from './parameters.js'

/** What a list is sorted by; all of its columns together are unique. */
export type KeyColumns = readonly (readonly [column: SQLWrapper, type: keyof typeof READABLE])[]

/** What Postgres reads as such: anything else in a cursor is none of ours. */
const READABLE = {
  timestamptz: (text: string) => parseInstant(text) !== null,
  uuid: (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  text: () => true
}

/** All of them in one direction, so that an index has the same order. */
export function orderBy(columns: KeyColumns, descending: boolean): SQL {
  return sql.join(
    columns.map(([column]) => (descending ? sql`${column} desc` : sql`${column}`)),
    sql`, `
  )
}

/** What comes behind a place in that order. */
export function behind(columns: KeyColumns, descending: boolean, place: Keyset): SQL {
  const row = sql.join(
    columns.map(([column]) => sql`${column}`),
    sql`, `
  )
  const values = sql.join(
    columns.map(([, type], i) => sql`${place[i]}::${sql.raw(type)}`),
    sql`, `
  )
  return sql`(${row}) ${sql.raw(descending ? '<' : '>')} (${values})`
}

/** @throws InvalidParameterError  it is none of ours, or belongs to another filter */
export function decodeKeyset(columns: KeyColumns, filter: object, cursor: string): Keyset {
  const place = decodeTextCursor(filter, cursor, columns.length)
  if (!columns.every(([, type], i) => READABLE[type](place[i] ?? '')))
    throw new InvalidParameterError('cursor is none of ours: send a nextCursor as it was')
  return place
}
