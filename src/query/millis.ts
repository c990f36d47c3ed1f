import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/** An instant as a number, in milliseconds since 1970: a raw statement would give a text. */
export function millis (instant: SQLWrapper): SQL {
  return sql`(extract(epoch from ${instant}) * 1000)::float8`
}
