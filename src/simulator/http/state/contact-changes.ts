import Type from 'typebox'
import Value from 'typebox/value'
import type { ContactRemoved, ContactReported } from '../../../events/directory.js'
import { iso } from '../../instant.js'
import { Refusal } from '../refusals.js'
import { uuidOf, type World } from './world.js'

const optional = () => Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** Of both kinds of account: the contact center's has one number, and no channels. */
const contactBody = Type.Object({
  firstName: optional(),
  lastName: optional(),
  initialPhoneNumber: optional(),
  tags: Type.Optional(Type.Array(Type.String())),
  channels: Type.Optional(Type.Array(Type.Object({ channelId: optional(), labels: Type.Optional(Type.Array(Type.String())), email: optional(), phone: Type.Optional(Type.String({ pattern: '^\\+?\\d{11,15}$' })) })))
})

/** @throws Refusal  the body is no contact */
export function contactChange ({ truth }: World, { contactId, body, now }: { contactId: string, body: unknown, now: number }): ContactReported {
  if (!Value.Check(contactBody, body)) throw new Refusal(400, { errorCode: 'ContactDataMalformed', message: 'Contact data is malformed' })
  const { firstName, lastName, initialPhoneNumber, tags = [], channels = [] } = body
  const all = initialPhoneNumber ? [...channels, { phone: initialPhoneNumber }] : channels
  return {
    type: 'contact.reported',
    contactId,
    route: 'contacts',
    name: [firstName, lastName].filter(Boolean).join(' '),
    channels: all.map(({ channelId, labels, email, phone }, i) => ({ id: channelId ?? uuidOf(`${contactId} ${now} ${i}`), kind: phone ? 'phone' : 'email', value: phone ?? email ?? '', labels: labels ?? [] })),
    tags,
    ...envelope(truth.account, contactId, now)
  }
}

export function contactRemoval ({ truth }: World, contactId: string, now: number): ContactRemoved {
  return { type: 'contact.removed', contactId, ...envelope(truth.account, contactId, now) }
}

function envelope (account: string, contactId: string, now: number) {
  const at = iso(now)
  return { id: uuidOf(`${contactId} ${at}`), account, occurredAt: at, receivedAt: at, source: 'rest' as const, raw: {} }
}
