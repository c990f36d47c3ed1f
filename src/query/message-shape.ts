import Type, { type Static } from 'typebox'
import type { smsLogs } from '../db/schema/messages.js'
import { orNull } from '../events/envelope.js'
import { clientShape, toClient } from '../api/calls/schema.js'

export const MESSAGE_STATES = ['pending', 'sent', 'failed', 'received', 'unconfirmed'] as const

export const messageShape = Type.Object({
  account: Type.String(),
  id: Type.String({ description: "MightyCall's id of the message, or ours of the request to send it." }),
  threadId: orNull(Type.String({ format: 'uuid' }), 'Null: one of the numbers is not known.'),
  direction: orNull(Type.Enum(['inbound', 'outbound']), 'Null: it cannot be told.'),
  businessNumber: orNull(Type.String(), 'E.164.'),
  client: orNull(clientShape, 'Null: nobody was named.'),
  text: orNull(Type.String(), 'Null: there is none.'),
  attachments: Type.Array(Type.Object({
    n: Type.Integer({ minimum: 1, description: '1, 2, … within the message.' }),
    fileName: orNull(Type.String(), 'As it was sent.'),
    sizeBytes: orNull(Type.Integer({ minimum: 0 }), 'Null: not known.'),
    contentType: orNull(Type.String(), 'A MIME type.')
  })),
  at: Type.String({ format: 'date-time', description: 'When it was sent or received.' }),
  state: Type.Enum([...MESSAGE_STATES], { description: 'Unconfirmed: it is not known whether MightyCall has taken it.' }),
  read: orNull(Type.Boolean(), 'Somebody has read it. Null: not known.')
}, { title: 'message', description: 'An SMS or MMS.' })

export type MessageShape = Static<typeof messageShape>
export type MessageRow = Omit<typeof smsLogs.$inferSelect, 'contribution'>

export function toMessage (row: MessageRow): MessageShape {
  const attachments = row.attachments as Omit<MessageShape['attachments'][number], 'n'>[] // only project/models/messages.ts writes it
  return {
    account: row.account,
    id: row.messageId,
    threadId: row.threadId,
    direction: row.direction as MessageShape['direction'], // as above
    businessNumber: row.businessNumber,
    client: toClient(row),
    text: row.text,
    attachments: attachments.map((attachment, i) => ({ n: i + 1, ...attachment })),
    at: row.sentAt.toISOString(),
    state: row.state as MessageShape['state'], // as above
    read: row.read
  }
}
