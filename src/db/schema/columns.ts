import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { customType, timestamp } from 'drizzle-orm/pg-core'

// Instants are timestamptz with milliseconds, durations are in seconds, and telephone numbers are E.164 where they
// could be parsed.

/** How an event was learned. */
export const EVENT_SOURCES = ['webhook', 'rest', 'action'] as const

export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * The text that the `q` parameter of a list searches, in the Unicode form NFC, in which `é` is one character. An
 * expression index is used only when the query contains the same expression, so both the index and the query call this.
 */
export function searchText(...columns: readonly SQLWrapper[]): SQL {
  return sql`normalize(${sql.join(
    columns.map(column => sql`coalesce(${column}, '')`),
    sql` || ' ' || `
  )}, nfc)`
}

/** The operator class of a trigram index. A migration creates the extension pg_trgm. */
export const trigrams = (text: SQL) => sql`${text} gin_trgm_ops`
