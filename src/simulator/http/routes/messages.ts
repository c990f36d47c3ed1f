import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { formatInstant } from '../../instant.js'
import type { TrueMessage } from '../../truth.js'
import { ErrorResponse, invalidRequest } from '../error-responses.js'
import { objectIdOf, type User, uuidOf, type World } from '../state/world.js'
import type { Routes } from './context.js'

const phone = () => Type.String({ pattern: '^\\+\\d{8,15}$' })
const messageBody = Type.Object({
  from: Type.String({ pattern: '^\\+1\\d{8,15}$' }),
  to: Type.Array(phone(), { minItems: 1 }),
  message: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  attachments: Type.Optional(
    Type.Union([Type.Array(Type.Object({ name: Type.String(), data: Type.String() })), Type.Null()])
  )
})

/** A sent message is in the journal at once, under another id than that of the response. */
export const messageRoutes: Routes = (app, { world, now, userOf }) => {
  app.post(world.kind === 'classic' ? '/messages/send' : '/contactcenter/messages/send', request => {
    const { body } = request
    if (!Value.Check(messageBody, body)) throw invalidRequest({ from: 'Source phone number is required.' })
    if (!world.truth.numbers.some(({ number, smsEnabled }) => number === body.from && smsEnabled))
      throw new ErrorResponse(403, { message: 'Failed to send message.' })
    const at = now()
    for (const to of body.to) storeMessage(world, sentMessage(world, { body, to, at, user: userOf(request) }))
    return {
      message: 'SMS message sent successfully.',
      id: uuidOf(`${at} ${body.from}`),
      sourcePhoneNumber: body.from,
      destinationPhoneNumbers: body.to,
      sendTime: formatInstant(at),
      attachments: null
    }
  })
}

function sentMessage(
  { seed, truth }: World,
  { body, to, at, user }: { body: Static<typeof messageBody>; to: string; at: number; user: User }
): TrueMessage {
  return {
    account: truth.account,
    messageId: objectIdOf(`message ${seed} ${at} ${body.from} ${to} ${truth.messages.length}`),
    direction: 'outbound',
    businessNumber: body.from,
    clientNumber: to,
    clientName: null,
    extension: user.extension,
    text: body.message ?? '',
    attachments: (body.attachments ?? []).map(({ name, data }) => ({
      fileName: name,
      sizeBytes: Buffer.byteLength(data, 'base64'),
      contentType: 'application/octet-stream'
    })),
    sentAt: at,
    state: 'sent',
    read: true,
    removedAt: null
  }
}

function storeMessage({ history, truth }: World, message: TrueMessage): void {
  const { account, sentAt, state: _, removedAt: __, ...reported } = message
  const at = formatInstant(sentAt)
  truth.messages.push(message)
  history.messages.add({
    type: 'message.reported',
    route: 'journal',
    ...reported,
    sentAt: at,
    delivery: 'sent',
    removedAt: null,
    id: uuidOf(message.messageId),
    account,
    occurredAt: at,
    receivedAt: at,
    source: 'rest',
    raw: {}
  })
}
