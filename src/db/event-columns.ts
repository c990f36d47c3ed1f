import { type Event, entityOf } from '../events/event.js'
import { type BulkRow, columnsOf } from './bulk-sql.js'
import { entities, events } from './schema/events.js'

/** The columns that identify an entity in a bulk statement. */
export const entityColumns = columnsOf(entities, 'account', 'kind', 'entity')

/** The columns of the primary key of `events`. */
export const eventKeyColumns = columnsOf(events, 'account', 'kind', 'entity', 'id')

export type EventKey = Pick<BulkRow<typeof events>, 'account' | 'kind' | 'entity' | 'id'>

/** The values of `eventKeyColumns`. */
export function eventKeyOf(event: Event): EventKey {
  return { ...entityOf(event), id: event.id }
}
