import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import { compare } from './facts.js'

/** An extension that a call names: it exists, be it under no name. */
export interface Sighting {
  account: string
  extension: string
  /** The earliest event that names it, in milliseconds since 1970. */
  at: number
}

export interface SeenExtensions {
  add: (sightings: readonly Sighting[]) => void
  write: (tx: Tx) => Promise<void>
}

const columns: Columns<Sighting> = {
  account: { type: 'text', of: sighting => sighting.account },
  extension: { type: 'text', of: sighting => sighting.extension },
  created_at: { type: 'timestamptz', of: sighting => new Date(sighting.at).toISOString() }
}

/**
 * Those known since before are left alone: an upsert would lock their rows, and every batch names the same few
 * extensions.
 */
const WRITE = `insert into mightycall_extensions as e (${Object.keys(columns).join(', ')}) select * from ${unnest(columns)}
  where not exists (select from mightycall_extensions k where k.account = u.account and k.extension = u.extension and k.created_at <= u.created_at)
  on conflict (account, extension) do update set created_at = least(e.created_at, excluded.created_at)`

export function createSeenExtensions(): SeenExtensions {
  const seen = new Map<string, Sighting>()
  return {
    add: sightings => {
      for (const sighting of sightings) {
        const name = `${sighting.account}\n${sighting.extension}`
        const known = seen.get(name)
        if (!known || sighting.at < known.at) seen.set(name, sighting)
      }
    },
    write: async tx => {
      const some = [...seen].sort(([a], [b]) => compare(a, b)).map(([, sighting]) => sighting)
      if (some.length > 0) await tx.query(WRITE, arraysOf(columns, some))
    }
  }
}
