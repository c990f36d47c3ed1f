import { arraysOf, unnest } from '../db/bulk-sql.js'
import { entityColumns } from '../db/event-columns.js'
import type { Tx } from '../db/transaction.js'
import type { Entity, Event, Folded } from '../events/event.js'

/**
 * What a statement reads the events `e` of many entities from.
 * Lateral, and not to be flattened: planned as a join, it reads all partitions, each time, while they hold less than
 * some 100,000 events.
 */
export const EVENTS_OF_ENTITIES = `${unnest(entityColumns)} cross join lateral
  (select * from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity offset 0) e`

/** All events of one entity, in no order. What MightyCall sent stays in the table: no fold looks at it. */
export interface History {
  entity: Entity
  events: Folded<Event>[]
}

type FoldedRow = Omit<EventRow, 'raw' | 'raw_is_json'>

const LOAD = `select e.account, e.kind, e.entity, e.id, e.type, e.source, e.occurred_at, e.received_at, e.fields from ${EVENTS_OF_ENTITIES}`

/** The histories of the entities, each with at least the events that this transaction has stored. */
export async function loadHistories(tx: Tx, entities: readonly Entity[]): Promise<History[]> {
  const histories = new Map<string, History>(entities.map(entity => [entityKey(entity), { entity, events: [] }]))
  const { rows } = await tx.query<FoldedRow>(LOAD, arraysOf(entityColumns, entities))
  for (const row of rows) histories.get(entityKey(row))?.events.push(eventOf(row))
  return [...histories.values()]
}

function eventOf(row: FoldedRow): History['events'][number] {
  const { account, id, type, source, occurred_at: occurredAt, received_at: receivedAt, fields } = row
  const event = {
    id,
    type,
    account,
    occurredAt: occurredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    source,
    ...fields
  }
  // only store-events.ts writes the table, and only events that passed their schema
  return event as History['events'][number]
}

/** What a row of `events` must be read with to make the event whole. */
export const STORED_COLUMNS = `e.account, e.kind, e.entity, e.id, e.type, e.source, e.occurred_at, e.received_at, e.fields, e.raw_is_json,
  case when e.raw_is_json then convert_from(e.raw, 'UTF8') else encode(e.raw, 'base64') end as raw`

export interface EventRow extends Entity {
  id: string
  type: string
  source: string
  occurred_at: Date
  received_at: Date
  fields: object
  /** JSON, or base64: as bytes, pg would read them from hexadecimal, twice as long. */
  raw: string
  raw_is_json: boolean
}

/** The event in a row of `events`, with what MightyCall sent: what a record of it would hold. */
export function storedEvent(row: EventRow): Event {
  const { account, id, type, source, occurred_at: occurredAt, received_at: receivedAt, fields, raw } = row
  const original = row.raw_is_json ? { raw: JSON.parse(raw) as unknown } : { raw, rawEncoding: 'base64' }
  const event = {
    id,
    type,
    account,
    occurredAt: occurredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    source,
    ...fields,
    ...original
  }
  return event as Event // only store-events.ts writes the table, and only events that passed their schema
}

export const entityKey = ({ account, kind, entity }: Entity): string => `${account}\n${kind}\n${entity}`

export function distinctEntities(entities: readonly Entity[]): Entity[] {
  return [...new Map(entities.map(entity => [entityKey(entity), entity])).values()]
}
