import type { Event } from '../events/event.js'

/** What a row of `events` must be read with to make the event whole. */
export const STORED_COLUMNS = 'e.account, e.kind, e.entity, e.id, e.type, e.source, e.occurred_at, e.received_at, e.fields, e.raw, e.raw_is_json'

export interface EventRow {
  account: string
  kind: string
  entity: string
  id: string
  type: string
  source: string
  occurred_at: Date
  received_at: Date
  fields: object
  raw: Buffer
  raw_is_json: boolean
}

/** The event in a row of `events`, with what MightyCall sent: what a record of it would hold. */
export function storedEvent (row: EventRow): Event {
  const { account, id, type, source, occurred_at: occurredAt, received_at: receivedAt, fields, raw } = row
  const original = row.raw_is_json ? { raw: JSON.parse(raw.toString()) as unknown } : { raw: raw.toString('base64'), rawEncoding: 'base64' }
  const event = { id, type, account, occurredAt: occurredAt.toISOString(), receivedAt: receivedAt.toISOString(), source, ...fields, ...original }
  return event as Event // only store-events.ts writes the table, and only events that passed their schema
}
