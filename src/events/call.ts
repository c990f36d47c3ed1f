import Type, { type Static } from 'typebox'
import { envelope, original } from './envelope.js'

const CALL_EVENTS = {
  'call.started': 'A call entered the system, or an agent or a callback began to dial.',
  'call.ringing': "An agent's extension began to ring.",
  'call.ring-stopped': "An agent's extension stopped ringing: missed, rejected, or answered elsewhere.",
  'call.connected': 'A talk began.',
  'call.completed': 'With an extension, the leg of that extension ended; without, the whole call.'
} as const

export type CallEventType = keyof typeof CALL_EVENTS
export type CallFamily = CallEvent['family']
export type CallEvent = Static<ReturnType<typeof callEvent<CallEventType>>>

/** The longest call id, extension or party that is normalized; more is nobody's. */
export const MAX_NAME_LENGTH = 100

/** The schemas of call events, one for each type (source: MightyCall API v4, WebHook Notifications). */
export const callEvents = (Object.keys(CALL_EVENTS) as CallEventType[]) // Object.keys forgets the literal types
  .map(type => callEvent(type, CALL_EVENTS[type]))

function callEvent<T extends CallEventType> (type: T, description: string) {
  const name = (description: string) => Type.Union([Type.String({ maxLength: MAX_NAME_LENGTH }), Type.Null()], { description })
  return Type.Object({
    ...envelope(type, description),
    callId: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'The same in all notifications of a call, its internal legs included.' }),
    family: Type.Union([Type.Literal('incoming'), Type.Literal('outgoing'), Type.Literal('callback')], { description: 'Incoming events also occur inside outgoing and callback calls.' }),
    extension: name('The extension of the leg, or null when the event is of the whole call.'),
    from: name('The calling party of the primary call: E.164, an extension, or the name of a site widget.'),
    to: name('The called party of the primary call: E.164 or an extension.'),
    guid: name("MightyCall's event id. Not an identity: it is nil or shared in documented notifications."),
    ...original
  }, { title: type, description })
}
