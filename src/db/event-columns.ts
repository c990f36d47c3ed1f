import { type Entity, type Event, entityOf } from '../events/event.js'
import type { Columns } from './bulk-sql.js'

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
