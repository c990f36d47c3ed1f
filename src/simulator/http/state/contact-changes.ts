import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { ContactRemoved, ContactReported } from '../../../events/directory.js'
import { formatInstant } from '../../instant.js'
import { channelIdIsNotEmpty, channelMalformed, contactIdIsNotEmpty, contactMalformed } from '../refusals.js'
import { type Channel, factMembersOf, type ContactMembers } from './contact-members.js'
import { uuidOf, type World } from './world.js'

const optional = () => Type.Optional(Type.Union([Type.String(), Type.Null()]))

const channelBody = Type.Object({
  channelId: optional(),
  labels: Type.Optional(Type.Array(Type.String())),
  email: Type.Optional(Type.Union([Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' }), Type.Null()])),
  phone: Type.Optional(Type.Union([Type.String({ pattern: '^\\+?\\d{11,15}$' }), Type.Null()]))
})
type ChannelBody = Static<typeof channelBody>

/** Of both kinds of account: the contact center's has one number, and no channels. */
const contactBody = Type.Object({
  contactId: optional(),
  firstName: optional(),
  lastName: optional(),
  patronymic: optional(),
  comment: optional(),
  initialPhoneNumber: optional(),
  tags: Type.Optional(Type.Array(Type.String())),
  channels: Type.Optional(Type.Array(channelBody))
})

/**
 * What a body says of a contact, and nothing of what it leaves out.
 * @param seed    for the ids of its channels
 * @param isNew   MightyCall gives the ids then
 * @throws Refusal  the body is no contact
 */
export function readContact(
  body: unknown,
  { seed, isNew = false }: { seed: string; isNew?: boolean }
): Partial<ContactMembers> {
  if (!Value.Check(contactBody, body)) throw contactMalformed()
  const { contactId, initialPhoneNumber, channels, ...said } = body
  if (isNew && contactId) throw contactIdIsNotEmpty()
  if (isNew && channels?.some(channel => channel.channelId)) throw channelIdIsNotEmpty()
  const all = initialPhoneNumber ? [...(channels ?? []), { phone: initialPhoneNumber }] : channels
  return { ...said, ...(all && { channels: all.map((channel, i) => toChannel(channel, `${seed} ${i}`)) }) }
}

/** @throws Refusal  the body is no channel */
export function readChannel(body: unknown, seed: string): Channel {
  return toChannel(checkedChannel(body), seed)
}

/** The channel with what the body says of it. @throws Refusal  the body is no channel */
export function patchedChannel({ id, kind, value, labels }: Channel, body: unknown): Channel {
  const { phone, email, ...said } = checkedChannel(body)
  return {
    id,
    kind: phone ? 'phone' : email ? 'email' : kind,
    value: phone ?? email ?? value,
    labels: said.labels ?? labels
  }
}

export function contactFact(
  { truth }: World,
  { contactId, members, now }: { contactId: string; members: ContactMembers; now: number }
): ContactReported {
  return {
    type: 'contact.reported',
    contactId,
    route: 'contacts',
    ...factFields(truth.account, contactId, now),
    ...factMembersOf(members)
  }
}

export function contactRemoval({ truth }: World, contactId: string, now: number): ContactRemoved {
  return { type: 'contact.removed', contactId, ...factFields(truth.account, contactId, now), raw: {} }
}

function checkedChannel(body: unknown): ChannelBody {
  if (!Value.Check(channelBody, body)) throw channelMalformed()
  return body
}

/** A number or an address. */
function toChannel({ channelId, labels, email, phone }: ChannelBody, seed: string): Channel {
  const value = phone ?? email
  if (!value) throw channelMalformed()
  return { id: channelId ?? uuidOf(seed), kind: phone ? 'phone' : 'email', value, labels: labels ?? [] }
}

function factFields(account: string, contactId: string, now: number) {
  const at = formatInstant(now)
  return { id: uuidOf(`${contactId} ${at}`), account, occurredAt: at, receivedAt: at, source: 'rest' as const }
}
