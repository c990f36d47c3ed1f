import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import type { Sighting } from '../models/discovered-extensions.js'
import type { Difference } from './compare.js'

const columns: Columns<Sighting> = {
  account: { type: 'text', of: sighting => sighting.account },
  extension: { type: 'text', of: sighting => sighting.extension },
  seen_at: { type: 'timestamptz', of: sighting => new Date(sighting.at).toISOString() }
}

const UNSEEN = `select 'mightycall_extensions' as table, account, extension as entity, array[case when bool_or(known) then 'created_at' else 'missing' end] as fields
  from (select u.account, u.extension, e.account is not null as known from ${unnest(columns)}
    left join mightycall_extensions e on e.account = u.account and e.extension = u.extension
    where e.account is null or e.created_at > u.seen_at) s
  group by account, extension order by account, extension`

/** Extensions that calls name, without a row or with a row that says they were seen later. */
export async function unseenExtensions (tx: Tx, sightings: readonly Sighting[]): Promise<Difference[]> {
  if (sightings.length === 0) return []
  const { rows } = await tx.query<Difference>(UNSEEN, arraysOf(columns, sightings))
  return rows
}
