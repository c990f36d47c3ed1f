import Type, { type Static } from 'typebox'
import { envelope, field, MAX_NAME_LENGTH, original, routeOf } from './envelope.js'

const REPORTED = 'An SMS or MMS as MightyCall reports it.'
const REQUESTED = 'A person requested to send a message.'
const SENT = 'MightyCall accepted a message that was requested.'
const FAILED = 'MightyCall did not accept a message that was requested, or it is unknown whether it did.'

const messageId = field.id('The id of the message in the journal, or of the request to send it.')
const attachments = Type.Array(
  Type.Object({
    fileName: field.name('The name of the file, as it was sent.'),
    sizeBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    contentType: field.name('A MIME type.')
  }),
  { maxItems: 50, description: 'The attached files, without the links to them, which expire.' }
)
const parties = {
  businessNumber: field.name('E.164.'),
  clientNumber: field.name('E.164.')
}

export const messageReported = Type.Object(
  {
    ...envelope('message.reported', REPORTED),
    messageId,
    ...routeOf('journal', 'webhook'),
    direction: field.oneOf(['inbound', 'outbound'] as const, 'The direction, or null when it is unknown.'),
    ...parties,
    clientName: field.name('The name of the client.'),
    extension: field.name('The extension of the agent who wrote it.'),
    text: field.text('The text of the message.'),
    attachments,
    sentAt: field.instant('When it was sent or received.'),
    delivery: field.oneOf(['sent', 'not-sent'] as const, 'Whether an outbound message was sent.'),
    read: field.flag('True when somebody has read it.'),
    removedAt: field.instant('When it was removed.'),
    removed: Type.Optional(
      Type.Literal(true, {
        description: 'Present when it is no longer available. MightyCall does not report since when.'
      })
    ),
    ...original
  },
  { title: 'message.reported', description: REPORTED }
)

export const messageRequested = Type.Object(
  {
    ...envelope('message.requested', REQUESTED),
    messageId,
    ...parties,
    text: field.text('The text of the message.'),
    attachments,
    by: field.name('The name of the API key that requested it.'),
    ...original
  },
  { title: 'message.requested', description: REQUESTED }
)

export const messageSent = Type.Object(
  {
    ...envelope('message.sent', SENT),
    messageId,
    sentAt: field.instant('When MightyCall sent it.'),
    ...original
  },
  { title: 'message.sent', description: SENT }
)

export const messageFailed = Type.Object(
  {
    ...envelope('message.failed', FAILED),
    messageId,
    reason: Type.String({ maxLength: MAX_NAME_LENGTH, description: 'The code of the error.' }),
    certain: Type.Boolean({ description: 'False when the message may have been sent nevertheless.' }),
    ...original
  },
  { title: 'message.failed', description: FAILED }
)

export type MessageReported = Static<typeof messageReported>
export type MessageRequested = Static<typeof messageRequested>
type MessageSent = Static<typeof messageSent>
type MessageFailed = Static<typeof messageFailed>
export type MessageEvent = MessageReported | MessageRequested | MessageSent | MessageFailed
