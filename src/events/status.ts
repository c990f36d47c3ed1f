import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

export const PRESENCES = ['available', 'dnd'] as const
export type Presence = (typeof PRESENCES)[number]

const REPORTED = "An agent's presence, from its occurredAt on."
const REQUESTED = 'A person asked to change a presence.'
const extension = field.id("The agent's.")
const presence = Type.Enum(PRESENCES, { description: 'Do-not-disturb, or not.' })

export const statusReported = Type.Object(
  {
    ...envelope('status.reported', REPORTED),
    extension,
    ...routeOf('presence', 'webhook'),
    presence,
    ...original
  },
  { title: 'status.reported', description: REPORTED }
)

export const statusRequested = Type.Object(
  {
    ...envelope('status.requested', REQUESTED),
    extension,
    presence,
    by: field.name('Who asked: the name of an API key.'),
    ...original
  },
  { title: 'status.requested', description: REQUESTED }
)

export type StatusReported = Static<typeof statusReported>
export type StatusRequested = Static<typeof statusRequested>
export type StatusEvent = StatusReported | StatusRequested
