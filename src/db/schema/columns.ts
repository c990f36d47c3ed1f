import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { customType, timestamp } from 'drizzle-orm/pg-core'

// Times are timestamptz with milliseconds; durations are seconds; numbers are E.164 where they could be read as such.

export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * What `q` of a list looks through, as one text: an index of trigrams leads to it only where the query has the very
 * same words.
 */
export function searchText(...columns: readonly SQLWrapper[]): SQL {
  return sql`(${sql.join(
    columns.map(column => sql`coalesce(${column}, '')`),
    sql` || ' ' || `
  )})`
}

/** For an index of it; the migration makes the extension pg_trgm. */
export const trigrams = (text: SQL) => sql`${text} gin_trgm_ops`
