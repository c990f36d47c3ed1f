import Type, { type Static } from 'typebox'
import { envelope, field, MAX_NAME_LENGTH, original, routeOf } from './envelope.js'

const REPORTED = 'What MightyCall says of an SMS or MMS.'
const REQUESTED = 'A person asked to send a message.'
const SENT = 'MightyCall has taken a message that we were asked to send.'
const FAILED = 'MightyCall has not taken a message that we were asked to send, or it is not known whether it has.'

const messageId = field.id("The journal's id of the message, or our id of the request to send it.")
const attachments = Type.Array(
  Type.Object({
    fileName: field.name('As it was sent.'),
    sizeBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    contentType: field.name('A MIME type.')
  }),
  { maxItems: 50, description: 'What came with it, without the links, which expire.' }
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
    direction: field.oneOf(['inbound', 'outbound'] as const, 'Null: it cannot be told.'),
    ...parties,
    clientName: field.name("The client's."),
    extension: field.name('Of the agent who wrote it.'),
    text: field.text('What it says.'),
    attachments,
    sentAt: field.instant('When it was sent or received.'),
    delivery: field.oneOf(['sent', 'not-sent'] as const, 'Of an outbound message.'),
    read: field.flag('Somebody has read it.'),
    removedAt: field.instant('When it was removed.'),
    ...original
  },
  { title: 'message.reported', description: REPORTED }
)

export const messageRequested = Type.Object(
  {
    ...envelope('message.requested', REQUESTED),
    messageId,
    ...parties,
    text: field.text('What it says.'),
    attachments,
    by: field.name('Who asked: the name of an API key.'),
    ...original
  },
  { title: 'message.requested', description: REQUESTED }
)

export const messageSent = Type.Object(
  {
    ...envelope('message.sent', SENT),
    messageId,
    sentAt: field.instant('By MightyCall.'),
    ...original
  },
  { title: 'message.sent', description: SENT }
)

export const messageFailed = Type.Object(
  {
    ...envelope('message.failed', FAILED),
    messageId,
    reason: Type.String({ maxLength: MAX_NAME_LENGTH, description: 'A code.' }),
    certain: Type.Boolean({ description: 'False: it may have been sent all the same.' }),
    ...original
  },
  { title: 'message.failed', description: FAILED }
)

export type MessageReported = Static<typeof messageReported>
export type MessageRequested = Static<typeof messageRequested>
export type MessageSent = Static<typeof messageSent>
export type MessageFailed = Static<typeof messageFailed>
export type MessageEvent = MessageReported | MessageRequested | MessageSent | MessageFailed
