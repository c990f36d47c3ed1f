import type { Entity, Event } from '../events/event.js'

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
export function storedEvent (row: EventRow): Event {
  const { account, id, type, source, occurred_at: occurredAt, received_at: receivedAt, fields, raw } = row
  const original = row.raw_is_json ? { raw: JSON.parse(raw) as unknown } : { raw, rawEncoding: 'base64' }
  const event = { id, type, account, occurredAt: occurredAt.toISOString(), receivedAt: receivedAt.toISOString(), source, ...fields, ...original }
  return event as Event // only store-events.ts writes the table, and only events that passed their schema
}
