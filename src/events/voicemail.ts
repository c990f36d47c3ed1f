import Type, { type Static } from 'typebox'
import { envelope, field, original, routeOf } from './envelope.js'

export const TRANSCRIPT_STATES = ['not-performed', 'silence', 'ready', 'failed'] as const

const REPORTED = 'What the REST API says of a voicemail; no webhook tells of one.'
const MARKED = 'A person marked a voicemail as read or unread, or removed it, through this service.'
const voicemailId = field.id('The id that the voicemails route gives it.')

export const voicemailReported = Type.Object(
  {
    ...envelope('voicemail.reported', REPORTED),
    voicemailId,
    ...routeOf('voicemails', 'journal'),
    callId: field.name('The call in which it was left, where that is known.'),
    businessNumber: field.name('E.164.'),
    clientNumber: field.name('E.164.'),
    clientName: field.name("The client's."),
    leftAt: field.instant('When it was left.'),
    durationSeconds: field.seconds('Of the recording.'),
    assignedTo: field.name('Whose voicemail it is.'),
    read: field.flag('It was listened to, or marked so.'),
    transcriptState: field.oneOf(TRANSCRIPT_STATES, 'What became of the speech recognition.'),
    transcriptText: field.text('What was understood.'),
    recordingId: field.name("MightyCall's id of the recording."),
    recordingLink: field.link('Where the recording is, without what expires.'),
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
    read: field.flag('Null: unchanged.'),
    removed: Type.Boolean(),
    by: field.name('Who did it: the name of an API key.'),
    ...original
  },
  { title: 'voicemail.marked', description: MARKED }
)

export type VoicemailReported = Static<typeof voicemailReported>
export type VoicemailMarked = Static<typeof voicemailMarked>
export type VoicemailEvent = VoicemailReported | VoicemailMarked
