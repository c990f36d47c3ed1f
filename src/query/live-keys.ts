import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { LiveKey } from '../live/readers.js'

/** Rows whose account and id are among these. */
export function amongKeys (keys: readonly LiveKey[], account: SQLWrapper, id: SQLWrapper): SQL {
  return sql`(${account}, ${id}) in (select * from ${unnestKeys(keys)})`
}

export function unnestKeys (keys: readonly LiveKey[]): SQL {
  return sql`unnest(${sql.param(keys.map(key => key.account))}::text[], ${sql.param(keys.map(key => key.object))}::text[])`
}
