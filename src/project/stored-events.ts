import { bulkValues, type SelectedRow, selectList, unnestSql } from '../db/bulk-sql.js'
import { entityColumns } from '../db/event-columns.js'
import { events } from '../db/schema/events.js'
import type { Tx } from '../db/transaction.js'
import type { Entity, EntityKind, Event, EventsOfKind, Folded } from '../events/event.js'

/**
 * The `from` clause that reads the events `e` of the entities in the arrays $1 to $3. The lateral subquery with `offset
 * 0` must not be flattened: planned as a join, it would read all partitions each time, as long as they hold fewer than
 * some 100,000 events.
 */
export const EVENTS_OF_ENTITIES = `${unnestSql(entityColumns)} cross join lateral (
    select * from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity offset 0
  ) e`

/** All events of one entity, in no particular order, without what MightyCall sent, which no fold uses. */
export interface History<K extends EntityKind = EntityKind> {
  entity: Entity
  events: Folded<EventsOfKind[K]>[]
}

const FOLDED_PROPERTIES = [
  'account',
  'kind',
  'entity',
  'id',
  'type',
  'source',
  'occurredAt',
  'receivedAt',
  'fields'
] as const
type FoldedRow = SelectedRow<typeof events, (typeof FOLDED_PROPERTIES)[number]>

const LOAD = `select ${selectList(events, 'e', ...FOLDED_PROPERTIES)} from ${EVENTS_OF_ENTITIES}`

/** The histories of the entities, including the events that this transaction has stored. */
export async function loadHistories<K extends EntityKind>(
  tx: Tx,
  entities: readonly (Entity & { kind: K })[]
): Promise<History<K>[]> {
  const histories = new Map(entities.map(entity => [entityKey(entity), { entity, events: [] as Folded<Event>[] }]))
  const { rows } = await tx.query<FoldedRow>(LOAD, bulkValues(entityColumns, entities))
  for (const row of rows) histories.get(entityKey(row))?.events.push(foldedEvent(row))
  return [...histories.values()] as unknown as History<K>[] // `entityOf` gives entities of a kind no other events
}

function foldedEvent({ account, id, type, source, occurredAt, receivedAt, fields }: FoldedRow): Folded<Event> {
  const event = {
    id,
    type,
    account,
    occurredAt: occurredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    source,
    ...(fields as object) // a JSON object: see `fieldsOf` in batch/store-events.ts
  }
  return event as Folded<Event> // only batch/store-events.ts writes the table, with events that match their schema
}

/** The select list of a `StoredRow`. Raw bytes are selected as base64: pg would transfer them as hex, twice as long. */
export const STORED_COLUMNS = `${selectList(events, 'e', ...FOLDED_PROPERTIES, 'rawIsJson')},
  case when e.raw_is_json then convert_from(e.raw, 'UTF8') else encode(e.raw, 'base64') end as raw`

/** A whole row of `events`. */
export interface StoredRow extends FoldedRow, Pick<SelectedRow<typeof events>, 'rawIsJson'> {
  /** JSON text, or base64 when `rawIsJson` is false. */
  raw: string
}

/** The event in a row of `events`, including what MightyCall sent. */
export function storedEvent(row: StoredRow): Event {
  const { raw, rawIsJson } = row
  const original = rawIsJson ? { raw: JSON.parse(raw) as unknown } : { raw, rawEncoding: 'base64' }
  return { ...foldedEvent(row), ...original } as Event // as in foldedEvent
}

/** A text that is equal for equal entities. */
export function entityKey({ account, kind, entity }: Pick<FoldedRow, 'account' | 'kind' | 'entity'>): string {
  return `${account}\n${kind}\n${entity}`
}

export function distinctEntities(entities: readonly Entity[]): Entity[] {
  return [...new Map(entities.map(entity => [entityKey(entity), entity])).values()]
}
