import { isDeepStrictEqual } from 'node:util'
import type { AccountSettings } from '../accounts/accounts.js'
import { bulkValues, columnsOf, unnestSql } from '../db/bulk-sql.js'
import { entityColumns, eventKeyOf } from '../db/event-columns.js'
import { events as table } from '../db/schema/events.js'
import type { Tx } from '../db/transaction.js'
import { type Entity, type Event, entityOf } from '../events/event.js'
import { reparse } from '../mightycall/webhook/reparse.js'
import { fieldsOf } from './batch/store-events.js'
import {
  EVENTS_OF_ENTITIES,
  entityKey,
  type History,
  STORED_COLUMNS,
  type StoredRow,
  storedEvent
} from './stored-events.js'

const LOAD = `select ${STORED_COLUMNS} from ${EVENTS_OF_ENTITIES}`

/**
 * The histories of the entities as the current parser reads them, and the events whose stored row differs from that.
 */
export async function loadParsedAgain(
  tx: Tx,
  entities: readonly Entity[],
  settings: AccountSettings
): Promise<{ histories: History[]; changed: Event[] }> {
  const histories = new Map<string, History>(entities.map(entity => [entityKey(entity), { entity, events: [] }]))
  const { rows } = await tx.query<StoredRow>(LOAD, bulkValues(entityColumns, entities))
  const changed: Event[] = []
  for (const row of rows) {
    const { event, isChanged } = parseAgain(row, settings)
    if (isChanged) changed.push(event)
    histories.get(entityKey(row))?.events.push(event)
  }
  return { histories: [...histories.values()], changed }
}

/** An event stays with its entity: `reclassify` moves those that belong to another one by now. */
function parseAgain(row: StoredRow, settings: AccountSettings): { event: Event; isChanged: boolean } {
  const stored = storedEvent(row)
  const event = reparse(stored, { region: settings.regionOf(row.account) })
  if (event === stored || entityKey(entityOf(event)) !== entityKey(row)) return { event: stored, isChanged: false }
  return {
    event,
    isChanged:
      event.type !== stored.type ||
      event.occurredAt !== stored.occurredAt ||
      !isDeepStrictEqual(asStored(fieldsOf(event)), row.fields)
  }
}

/** JSON has no undefined members. */
function asStored(fields: object): unknown {
  return JSON.parse(JSON.stringify(fields))
}

const columns = columnsOf(table, 'account', 'kind', 'entity', 'id', 'type', 'occurredAt', 'fields')

const UPDATE = `update events e set type = u.type, occurred_at = u.occurred_at, fields = u.fields
  from ${unnestSql(columns)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id`

/** Stores the new reading of events whose entities are locked. */
export async function updateEvents(tx: Tx, events: readonly Event[]): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(event => ({
    ...eventKeyOf(event),
    type: event.type,
    occurredAt: event.occurredAt,
    fields: fieldsOf(event)
  }))
  await tx.query(UPDATE, bulkValues(columns, rows))
}

/** Parses the events of locked entities again, and stores those that the current parser reads differently. */
export async function parseEventsAgain(tx: Tx, entities: readonly Entity[], settings: AccountSettings): Promise<void> {
  if (entities.length === 0) return
  const { changed } = await loadParsedAgain(tx, entities, settings)
  await updateEvents(tx, changed)
}
