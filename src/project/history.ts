import { arraysOf } from '../db/bulk-sql.js'
import type { Tx } from '../db/transaction.js'
import type { Entity, Event, Folded } from '../events/event.js'
import { EVENTS_OF_ENTITIES, entityColumns, entityKey } from './entity-key.js'

/** All events of one entity, in no order. What MightyCall sent stays in the table: no fold looks at it. */
export interface History {
  entity: Entity
  events: Folded<Event>[]
}

interface EventRow extends Entity {
  id: string
  type: string
  source: string
  occurred_at: Date
  received_at: Date
  fields: object
}

const LOAD = `select e.account, e.kind, e.entity, e.id, e.type, e.source, e.occurred_at, e.received_at, e.fields from ${EVENTS_OF_ENTITIES}`

/** The histories of the entities, each with at least the events that this transaction has stored. */
export async function loadHistories (tx: Tx, entities: readonly Entity[]): Promise<History[]> {
  const histories = new Map<string, History>(entities.map(entity => [entityKey(entity), { entity, events: [] }]))
  const { rows } = await tx.query<EventRow>(LOAD, arraysOf(entityColumns, entities))
  for (const row of rows) histories.get(entityKey(row))?.events.push(eventOf(row))
  return [...histories.values()]
}

function eventOf (row: EventRow): History['events'][number] {
  const { account, id, type, source, occurred_at: occurredAt, received_at: receivedAt, fields } = row
  const event = { id, type, account, occurredAt: occurredAt.toISOString(), receivedAt: receivedAt.toISOString(), source, ...fields }
  return event as History['events'][number] // only store-events.ts writes the table, and only events that passed their schema
}
