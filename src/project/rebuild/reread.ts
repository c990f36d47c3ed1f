import { isDeepStrictEqual } from 'node:util'
import type { AccountSettings } from '../../accounts/accounts.js'
import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import { entityColumns } from '../../db/event-columns.js'
import type { Tx } from '../../db/transaction.js'
import { type Entity, type Event, entityOf } from '../../events/event.js'
import { reparse } from '../../mightycall/webhook/reparse.js'
import { fieldsOf } from '../batch/store-events.js'
import {
  EVENTS_OF_ENTITIES,
  type EventRow,
  entityKey,
  type History,
  STORED_COLUMNS,
  storedEvent
} from '../stored-events.js'

const LOAD = `select ${STORED_COLUMNS} from ${EVENTS_OF_ENTITIES}`

/**
 * The histories of the entities as today's parser reads them, and the events that it reads in another way than the
 * table has them.
 */
export async function loadReread(
  tx: Tx,
  entities: readonly Entity[],
  settings: AccountSettings
): Promise<{ histories: History[]; changed: Event[] }> {
  const histories = new Map<string, History>(entities.map(entity => [entityKey(entity), { entity, events: [] }]))
  const { rows } = await tx.query<EventRow>(LOAD, arraysOf(entityColumns, entities))
  const changed: Event[] = []
  for (const row of rows) {
    const { event, isChanged } = reread(row, settings)
    if (isChanged) changed.push(event)
    histories.get(entityKey(row))?.events.push(event)
  }
  return { histories: [...histories.values()], changed }
}

/** An event stays with its entity: one that would belong to another now is left to `reclassify`. */
function reread(row: EventRow, settings: AccountSettings): { event: Event; isChanged: boolean } {
  const stored = storedEvent(row)
  const event = reparse(stored, settings.regionOf(row.account))
  if (event === stored || entityKey(entityOf(event)) !== entityKey(row)) return { event: stored, isChanged: false }
  return {
    event,
    isChanged:
      event.type !== stored.type ||
      event.occurredAt !== stored.occurredAt ||
      !isDeepStrictEqual(JSON.parse(fieldsOf(event)), row.fields)
  }
}

const changes: Columns<Event> = {
  account: { type: 'text', of: event => event.account },
  kind: { type: 'text', of: event => entityOf(event).kind },
  entity: { type: 'text', of: event => entityOf(event).entity },
  id: { type: 'uuid', of: event => event.id },
  type: { type: 'text', of: event => event.type },
  occurred_at: { type: 'timestamptz', of: event => event.occurredAt },
  fields: { type: 'jsonb', of: fieldsOf }
}

const UPDATE = `update events e set type = u.type, occurred_at = u.occurred_at, fields = u.fields from ${unnest(changes)}
  where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id`

/** Keeps the new reading, of events whose entities are locked. */
export async function updateReread(tx: Tx, events: readonly Event[]): Promise<void> {
  if (events.length > 0) await tx.query(UPDATE, arraysOf(changes, events))
}
