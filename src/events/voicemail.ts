import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

export const TRANSCRIPT_STATES = ['not-performed', 'silence', 'ready', 'failed'] as const

const REPORTED = 'A voicemail as the REST API reports it. No webhook reports voicemails.'
const MARKED = 'A person marked a voicemail as read or unread, or removed it, through this service.'
const voicemailId = field.id('The id of the voicemail on the voicemails route.')

export const voicemailReported = Type.Object(
  {
    ...envelope('voicemail.reported', REPORTED),
    voicemailId,
    ...routeOf('voicemails', 'journal'),
    callId: field.name('The call in which it was left, or null when it is unknown.'),
    businessNumber: field.name('E.164.'),
    clientNumber: field.name('E.164.'),
    clientName: field.name('The name of the client.'),
    leftAt: field.instant('When it was left.'),
    durationSeconds: field.seconds('The duration of the recording.'),
    assignedTo: field.name('Whom the voicemail is assigned to, as reported.'),
    read: field.flag('True when it was listened to or marked as read.'),
    transcriptState: field.oneOf(TRANSCRIPT_STATES, 'The result of the speech recognition.'),
    transcriptText: field.text('The recognized text.'),
    recordingId: field.name("MightyCall's id of the recording."),
    recordingLink: field.link('The link to the recording, without the parameters that expire.'),
    removedAt: field.instant('When it was removed.'),
    inferred: Type.Optional(
      Type.Literal(true, { description: 'Present when it was found by number and time, not by its id.' })
    ),
    ...original
  },
  { title: 'voicemail.reported', description: REPORTED }
)

export const voicemailMarked = Type.Object(
  {
    ...envelope('voicemail.marked', MARKED),
    voicemailId,
    read: field.flag('True for read, false for unread, null when unchanged.'),
    removed: Type.Boolean(),
    by: field.name('The name of the API key that did it.'),
    ...original
  },
  { title: 'voicemail.marked', description: MARKED }
)

export type VoicemailReported = Static<typeof voicemailReported>
export type VoicemailMarked = Static<typeof voicemailMarked>
export type VoicemailEvent = VoicemailReported | VoicemailMarked
