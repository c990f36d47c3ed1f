import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

const CALL_EVENTS = {
  'call.started': 'A call entered the system, or an agent or a callback began to dial.',
  'call.ringing': "An agent's extension began to ring, or to dial.",
  'call.ring-stopped': "An agent's extension stopped ringing: missed, rejected, or answered elsewhere.",
  'call.connected': 'A talk began.',
  'call.completed': 'With an extension, or the scope "leg", that leg ended; otherwise the whole call.'
} as const

export type CallEventType = keyof typeof CALL_EVENTS
export type CallFamily = CallEvent['family']
export type CallEvent = Static<ReturnType<typeof callEvent<CallEventType>>>

const callId = field.id('The same in all notifications of a call, its internal legs included.')

/** The schemas of call events, one for each type (source: MightyCall API v4, WebHook Notifications). */
export const callEvents = (Object.keys(CALL_EVENTS) as CallEventType[]) // Object.keys forgets the literal types
  .map(type => callEvent(type, CALL_EVENTS[type]))

function callEvent<T extends CallEventType>(type: T, description: string) {
  return Type.Object(
    {
      ...envelope(type, description),
      callId,
      family: Type.Union([Type.Literal('incoming'), Type.Literal('outgoing'), Type.Literal('callback')], {
        description: 'Incoming events also occur inside outgoing and callback calls.'
      }),
      extension: field.name('The extension of the leg, or null when the event is of the whole call.'),
      from: field.name('The calling party of the primary call: E.164, an extension, or the name of a site widget.'),
      to: field.name('The called party of the primary call: E.164 or an extension.'),
      guid: field.name("MightyCall's event id. Not an identity: it is nil or shared in documented notifications."),
      scope: Type.Optional(
        Type.Literal('leg', {
          description: 'Present when a contact-center account says that a leg ended, be it without the extension.'
        })
      ),
      durationSeconds: Type.Optional(field.seconds('What a contact-center account says the call took.')),
      recordingId: Type.Optional(field.name("MightyCall's id of the recording.")),
      recordingLink: Type.Optional(field.link('Where the recording is, without what expires.')),
      ...original
    },
    { title: type, description }
  )
}

export const REPORTED_DIRECTIONS = ['inbound', 'outbound', 'callback', 'internal'] as const
/** In the order in which they win when two routes disagree. */
export const REPORTED_STATUSES = ['connected', 'voicemail', 'dropped', 'canceled', 'no-answer', 'missed'] as const

const REPORTED =
  'What the REST API says of a call: it heals what webhooks missed, and tells a voicemail from a missed call.'

export const callReported = Type.Object(
  {
    ...envelope('call.reported', REPORTED),
    callId,
    ...routeOf('calls', 'journal'),
    direction: field.oneOf(REPORTED_DIRECTIONS, 'As reported.'),
    status: field.oneOf(REPORTED_STATUSES, 'How it ended. Null: it has not, or it is not said.'),
    businessNumber: field.name('E.164.'),
    clientNumber: field.name('E.164.'),
    clientName: field.name("The client's, or a site widget's."),
    startedAt: field.instant('When it began.'),
    durationSeconds: field.seconds('From the beginning to the end. Null: it has not ended, or it is not said.'),
    parties: Type.Array(
      Type.Object({
        extension: field.id("An agent's."),
        name: field.name("The agent's."),
        role: Type.Enum(['caller', 'called']),
        connected: Type.Boolean({ description: 'They talked.' }),
        first: Type.Boolean({ description: 'The first who did.' })
      }),
      { maxItems: 200, description: 'The extensions that took part, without times: none are reported.' }
    ),
    recordingId: field.name("MightyCall's id of the recording."),
    recordingLink: field.link('Where the recording is, without what expires.'),
    recordingSeconds: Type.Optional(
      field.seconds(
        'Of the recording, in whole seconds: it begins when somebody answers and ends with the call. Only the journal tells it.'
      )
    ),
    inferred: Type.Optional(
      Type.Literal(true, { description: 'Present when the call was found by number and time, not by its id.' })
    ),
    ...original
  },
  { title: 'call.reported', description: REPORTED }
)

export type CallReported = Static<typeof callReported>

const REQUESTED = 'A person asked for a call.'

export const callRequested = Type.Object(
  {
    ...envelope('call.requested', REQUESTED),
    requestId: field.id('Our id of the request.'),
    callId: field.name("MightyCall's id of the call, once it is known."),
    from: field.name('E.164.'),
    to: field.name('E.164, or an extension.'),
    by: field.name('Who asked: the name of an API key.'),
    ...original
  },
  { title: 'call.requested', description: REQUESTED }
)

export type CallRequested = Static<typeof callRequested>
