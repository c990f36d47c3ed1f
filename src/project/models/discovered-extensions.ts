import { bulkValues, columnList, columnsOf, unnestSql } from '../../db/bulk-sql.js'
import { extensions } from '../../db/schema/directory.js'
import type { Tx } from '../../db/transaction.js'
import { compare } from './facts.js'

/** An extension that an event of a call names: the extension exists, even when its name is unknown. */
export interface ExtensionSighting {
  account: string
  extension: string
  /** When the event occurred, in milliseconds since 1970. */
  at: number
}

/** The extensions that a transaction has seen, collected until they are written together. */
export interface SeenExtensions {
  add: (sightings: readonly ExtensionSighting[]) => void
  write: (tx: Tx) => Promise<void>
}

/** The columns of `mightycall_extensions` that a sighting determines. */
export const sightingColumns = columnsOf(extensions, 'account', 'extension', 'createdAt')

/** The parameters of `sightingColumns`. */
export function sightingValues(sightings: readonly ExtensionSighting[]): unknown[][] {
  return bulkValues(
    sightingColumns,
    sightings.map(({ account, extension, at }) => ({ account, extension, createdAt: at }))
  )
}

/** Known extensions are left alone: an upsert would lock their rows, and every batch names the same few extensions. */
const WRITE = `insert into mightycall_extensions as e (${columnList(sightingColumns)})
  select * from ${unnestSql(sightingColumns)} where not exists (
    select from mightycall_extensions k
    where k.account = u.account and k.extension = u.extension and k.created_at <= u.created_at
  )
  on conflict (account, extension) do update set created_at = least(e.created_at, excluded.created_at)`

export function createSeenExtensions(): SeenExtensions {
  const seen = new Map<string, ExtensionSighting>()
  return {
    add: sightings => {
      for (const sighting of sightings) {
        const key = `${sighting.account}\n${sighting.extension}`
        const known = seen.get(key)
        if (!known || sighting.at < known.at) seen.set(key, sighting)
      }
    },
    write: async tx => {
      const inKeyOrder = [...seen].sort(([a], [b]) => compare(a, b)).map(([, sighting]) => sighting)
      if (inKeyOrder.length > 0) await tx.query(WRITE, sightingValues(inKeyOrder))
    }
  }
}
