import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

export const PRESENCES = ['available', 'dnd'] as const
export type Presence = (typeof PRESENCES)[number]

const REPORTED = "An agent's presence since occurredAt."
const REQUESTED = 'A person requested to change the presence of an agent.'
const extension = field.id('The extension of the agent.')
const presence = Type.Enum(PRESENCES, { description: 'Whether the agent is available, or set to do not disturb.' })

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
    by: field.name('The name of the API key that requested it.'),
    ...original
  },
  { title: 'status.requested', description: REQUESTED }
)

export type StatusReported = Static<typeof statusReported>
type StatusRequested = Static<typeof statusRequested>
export type StatusEvent = StatusReported | StatusRequested
