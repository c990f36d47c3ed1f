import { type Columns, unnest } from '../db/bulk-sql.js'
import { type Entity, entityOf, type Event } from '../events/event.js'

/** The columns that name an entity in a bulk statement. */
export const entityColumns: Columns<Entity> = {
  account: { type: 'text', of: entity => entity.account },
  kind: { type: 'text', of: entity => entity.kind },
  entity: { type: 'text', of: entity => entity.entity }
}

/** The columns that name an event, and the primary key of the table. */
export const eventKeyColumns: Columns<Event> = {
  account: { type: 'text', of: event => event.account },
  kind: { type: 'text', of: event => entityOf(event).kind },
  entity: { type: 'text', of: event => entityOf(event).entity },
  id: { type: 'uuid', of: event => event.id }
}

/**
 * What a statement reads the events `e` of many entities from.
 * Lateral, and not to be flattened: planned as a join, it reads all partitions, each time, while they hold less than some 100,000 events.
 */
export const EVENTS_OF_ENTITIES = `${unnest(entityColumns)} cross join lateral
  (select * from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity offset 0) e`

export const entityKey = ({ account, kind, entity }: Entity): string => `${account}\n${kind}\n${entity}`

export function distinctEntities (entities: readonly Entity[]): Entity[] {
  return [...new Map(entities.map(entity => [entityKey(entity), entity])).values()]
}
