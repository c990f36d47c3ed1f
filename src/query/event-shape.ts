import { getTableColumns } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { events } from '../db/schema/events.js'
import { readable } from './letter-shape.js'

export const EVENT_KINDS = ['call', 'request', 'voicemail', 'message', 'presence', 'number', 'extension', 'contact', 'range', 'unclassified'] as const

export const eventShape = Type.Object({
  account: Type.String(),
  kind: Type.Enum([...EVENT_KINDS], { description: 'What it is about.' }),
  entity: Type.String({ description: 'Which of them: the id of a call, a voicemail, …' }),
  id: Type.String({ format: 'uuid' }),
  type: Type.String(),
  source: Type.Enum(['webhook', 'rest', 'action'], { description: 'How we learned it.' }),
  occurredAt: Type.String({ format: 'date-time', description: "MightyCall's own time." }),
  receivedAt: Type.String({ format: 'date-time', description: 'When it reached us.' }),
  fields: Type.Object({}, { additionalProperties: true, description: 'The normalized fields: see docs/schemas.' })
}, { title: 'storedEvent' })

export const wholeEventShape = Type.Object({
  ...eventShape.properties,
  encoding: Type.Union([Type.Enum(['json', 'text', 'base64']), Type.Null()], { description: 'How raw is shown.' }),
  raw: Type.Unknown({ description: 'What MightyCall sent, without its ApiKey.' })
}, { title: 'wholeStoredEvent' })

export type EventShape = Static<typeof eventShape>
export type WholeEventShape = Static<typeof wholeEventShape>

const { raw, rawIsJson: _, ...columns } = getTableColumns(events)
export const eventColumns = columns
export const wholeEventColumns = { ...columns, raw }

export type EventRow = Omit<typeof events.$inferSelect, 'raw' | 'rawIsJson'>

/** Only project/store-events.ts writes the table. */
export function toEvent ({ account, kind, entity, id, type, source, occurredAt, receivedAt, fields }: EventRow): EventShape {
  return {
    account,
    kind: kind as EventShape['kind'],
    entity,
    id,
    type,
    source: source as EventShape['source'],
    occurredAt: occurredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    fields: fields as EventShape['fields']
  }
}

export function toWholeEvent ({ raw, ...row }: EventRow & { raw: Buffer }): WholeEventShape {
  const { encoding, value } = readable(raw)
  return { ...toEvent(row), encoding, raw: value }
}
