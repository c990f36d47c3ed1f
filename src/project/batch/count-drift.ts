import { arraysOf, unnest } from '../../db/bulk-sql.js'
import { countSightings } from '../../db/drift.js'
import { eventKeyColumns } from '../../db/event-columns.js'
import type { Tx } from '../../db/transaction.js'
import type { Drift } from '../../events/drift.js'
import type { Event } from '../../events/event.js'
import { driftOf } from '../../mightycall/webhook/unknown-fields.js'

export type Drifts = ReadonlyMap<Event, readonly Drift[]>

/** What the events hold that we do not know, of those that hold such a thing. */
export function driftsOf(events: readonly Event[]): Drifts {
  const drifts = new Map<Event, readonly Drift[]>()
  for (const event of events) {
    const drift = driftOf(event)
    if (drift.length > 0) drifts.set(event, drift)
  }
  return drifts
}

/** As it would be stored today, or as it was before its type was known: two look-ups by the primary key. */
const STORED = `select u.account, u.id from ${unnest(eventKeyColumns)}
  where exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id)
    or exists (select from events e where e.account = u.account and e.kind = 'unclassified' and e.entity = u.id::text and e.id = u.id)`

/**
 * Those of the events that are not stored yet. Asked between the lock of their entities and their insertion, it is the
 * truth.
 */
export async function notStored(tx: Tx, events: readonly Event[]): Promise<Event[]> {
  if (events.length === 0) return []
  const { rows } = await tx.query<Pick<Event, 'id' | 'account'>>(STORED, arraysOf(eventKeyColumns, events))
  const stored = new Set(rows.map(({ account, id }) => `${account}\n${id}`))
  return events.filter(({ account, id }) => !stored.has(`${account}\n${id.toLowerCase()}`))
}

/** Counts the drift of events that were not stored before. Its rows are hot: near the end of the transaction. */
export async function countDrift(tx: Tx, events: readonly Event[], drifts: Drifts): Promise<void> {
  await countSightings(
    tx,
    events.map(event => ({ account: event.account, receivedAt: event.receivedAt, drifts: drifts.get(event) ?? [] }))
  )
}
