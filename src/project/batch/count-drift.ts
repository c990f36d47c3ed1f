import { bulkValues, unnestSql } from '../../db/bulk-sql.js'
import { countDrift } from '../../db/drift.js'
import { eventKeyColumns, eventKeyOf } from '../../db/event-columns.js'
import type { Tx } from '../../db/transaction.js'
import type { Drift } from '../../events/drift.js'
import type { Event } from '../../events/event.js'
import { driftOf } from '../../mightycall/webhook/unknown-fields.js'

export type Drifts = ReadonlyMap<Event, readonly Drift[]>

/** The unknown types and fields in the events, without events that have none. */
export function driftsOf(events: readonly Event[]): Drifts {
  const drifts = new Map<Event, readonly Drift[]>()
  for (const event of events) {
    const drift = driftOf(event)
    if (drift.length > 0) drifts.set(event, drift)
  }
  return drifts
}

/** Looks for each event under its present entity, and as the unclassified event that it may have been before. */
const STORED = `select u.account, u.id from ${unnestSql(eventKeyColumns)}
  where exists (
    select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id
  ) or exists (
    select from events e
    where e.account = u.account and e.kind = 'unclassified' and e.entity = u.id::text and e.id = u.id
  )`

/** The events that are not stored yet. The result is reliable while their entities are locked. */
export async function notStored(tx: Tx, events: readonly Event[]): Promise<Event[]> {
  if (events.length === 0) return []
  const { rows } = await tx.query<Pick<Event, 'id' | 'account'>>(
    STORED,
    bulkValues(eventKeyColumns, events.map(eventKeyOf))
  )
  const stored = new Set(rows.map(({ account, id }) => `${account}\n${id}`))
  return events.filter(({ account, id }) => !stored.has(`${account}\n${id.toLowerCase()}`))
}

/** Counts the unknown types and fields of events that were not stored before. */
export async function countEventDrift(tx: Tx, events: readonly Event[], drifts: Drifts): Promise<void> {
  const reports = events.map(event => ({
    account: event.account,
    receivedAt: event.receivedAt,
    drifts: drifts.get(event) ?? []
  }))
  await countDrift(tx, reports)
}
