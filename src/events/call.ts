import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

const CALL_EVENTS = {
  'call.started': 'A call entered the system, or an agent or a callback started to dial.',
  'call.ringing': "An agent's extension started to ring, or to dial.",
  'call.ring-stopped': "An agent's extension stopped ringing: missed, rejected, or answered elsewhere.",
  'call.connected': 'A conversation started.',
  'call.completed': 'A leg ended when there is an extension or the scope "leg"; otherwise the whole call ended.'
} as const

export type CallEventType = keyof typeof CALL_EVENTS
export type CallFamily = CallEvent['family']
export type CallEvent = Static<ReturnType<typeof callEvent<CallEventType>>>

const callId = field.id("MightyCall's id of the call, the same in all notifications of the call and its legs.")

/** The schemas of call events, one for each type (source: MightyCall API v4, WebHook Notifications). */
export const callEvents = (Object.keys(CALL_EVENTS) as CallEventType[]) // Object.keys does not keep the literal types
  .map(type => callEvent(type, CALL_EVENTS[type]))

function callEvent<T extends CallEventType>(type: T, description: string) {
  return Type.Object(
    {
      ...envelope(type, description),
      callId,
      family: Type.Union([Type.Literal('incoming'), Type.Literal('outgoing'), Type.Literal('callback')], {
        description: 'Incoming events also occur inside outgoing and callback calls.'
      }),
      extension: field.name('The extension of the leg, or null when the event concerns the whole call.'),
      from: field.name(
        'The calling party of the primary call: E.164, what was dialed when it is no possible number, or the name ' +
          'of a site widget.'
      ),
      to: field.name('The called party of the primary call: E.164, or what was dialed, such as an extension.'),
      guid: field.name("MightyCall's event id. Not an identity: it is nil or shared in documented notifications."),
      scope: Type.Optional(
        Type.Literal('leg', {
          description: 'Present when a contact-center account reports the end of a leg, even without the extension.'
        })
      ),
      durationSeconds: Type.Optional(field.seconds('The duration of the call as a contact-center account reports it.')),
      recordingId: Type.Optional(field.name("MightyCall's id of the recording.")),
      recordingLink: Type.Optional(field.link('The link to the recording, without the parameters that expire.')),
      ...original
    },
    { title: type, description }
  )
}

const REPORTED_DIRECTIONS = ['inbound', 'outbound', 'callback', 'internal'] as const
/** In order of precedence: when two routes disagree, the status that comes first applies. */
export const REPORTED_STATUSES = ['connected', 'voicemail', 'dropped', 'canceled', 'no-answer', 'missed'] as const

const REPORTED =
  'A call as the REST API reports it. It adds what webhooks missed, and distinguishes voicemails from missed calls.'

export const callReported = Type.Object(
  {
    ...envelope('call.reported', REPORTED),
    callId,
    ...routeOf('calls', 'journal'),
    direction: field.oneOf(REPORTED_DIRECTIONS, 'The direction, as reported.'),
    status: field.oneOf(REPORTED_STATUSES, 'How the call ended, or null when it has not ended or is not reported.'),
    businessNumber: field.name('E.164.'),
    clientNumber: field.name('E.164.'),
    clientName: field.name('The name of the client or of a site widget.'),
    startedAt: field.instant('When the call started.'),
    durationSeconds: field.seconds('From the start to the end, or null when it has not ended or is not reported.'),
    parties: Type.Array(
      Type.Object({
        extension: field.id('The extension of an agent.'),
        name: field.name('The name of the agent.'),
        role: Type.Enum(['caller', 'called']),
        connected: Type.Boolean({ description: 'True when the agent talked.' }),
        first: Type.Boolean({ description: 'True for the first agent who talked.' })
      }),
      { maxItems: 200, description: 'The extensions that took part. MightyCall reports no times for them.' }
    ),
    recordingId: field.name("MightyCall's id of the recording."),
    recordingLink: field.link('The link to the recording, without the parameters that expire.'),
    recordingSeconds: Type.Optional(
      field.seconds(
        'The duration of the recording in whole seconds. It starts when somebody answers and ends with the call. ' +
          'Only the journal reports it.'
      )
    ),
    groupId: Type.Optional(
      field.name('The id of the ring group or queue that the call went to. Only the journal reports it.')
    ),
    inferred: Type.Optional(
      Type.Literal(true, { description: 'Present when the call was found by number and time, not by its id.' })
    ),
    ...original
  },
  { title: 'call.reported', description: REPORTED }
)

export type CallReported = Static<typeof callReported>

const REQUESTED = 'A person requested a call.'

export const callRequested = Type.Object(
  {
    ...envelope('call.requested', REQUESTED),
    requestId: field.id('The id that this service gave the request.'),
    callId: field.name("MightyCall's id of the call, once it is known."),
    from: field.name('E.164.'),
    to: field.name('E.164, or an extension.'),
    by: field.name('The name of the API key that requested it.'),
    ...original
  },
  { title: 'call.requested', description: REQUESTED }
)

export type CallRequested = Static<typeof callRequested>
