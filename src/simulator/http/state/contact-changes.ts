import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { ContactRemoved, ContactReported } from '../../../events/directory.js'
import { formatInstant } from '../../instant.js'
import { channelIdIsNotEmpty, channelMalformed, contactIdIsNotEmpty, contactMalformed } from '../error-responses.js'
import { type Channel, type ContactMembers, factMembersOf } from './contact-rows.js'
import { uuidOf, type World } from './world.js'

const optional = () => Type.Optional(Type.Union([Type.String(), Type.Null()]))

const channelBody = Type.Object({
  channelId: optional(),
  labels: Type.Optional(Type.Array(Type.String())),
  email: Type.Optional(Type.Union([Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' }), Type.Null()])),
  phone: Type.Optional(Type.Union([Type.String({ pattern: '^\\+?\\d{11,15}$' }), Type.Null()]))
})
type ChannelBody = Static<typeof channelBody>

/** The body for both kinds of account. A contact center sends `initialPhoneNumber` instead of channels. */
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
 * Reads the members of a contact that a body contains.
 *
 * @param seed    the seed of the ids of new channels
 * @param isNew   true when the body must not contain ids, since MightyCall assigns them
 * @throws ErrorResponse  the body is invalid
 */
export function readContact(
  body: unknown,
  { seed, isNew = false }: { seed: string; isNew?: boolean }
): Partial<ContactMembers> {
  if (!Value.Check(contactBody, body)) throw contactMalformed()
  const { contactId, initialPhoneNumber, channels, ...others } = body
  if (isNew && contactId) throw contactIdIsNotEmpty()
  if (isNew && channels?.some(channel => channel.channelId)) throw channelIdIsNotEmpty()
  const all = initialPhoneNumber ? [...(channels ?? []), { phone: initialPhoneNumber }] : channels
  return { ...others, ...(all && { channels: all.map((channel, i) => toChannel(channel, `${seed} ${i}`)) }) }
}

/** Reads a channel. @throws ErrorResponse  the body is invalid */
export function readChannel(body: unknown, seed: string): Channel {
  return toChannel(checkedChannel(body), seed)
}

/** Returns the channel with the changes of the body. @throws ErrorResponse  the body is invalid */
export function patchedChannel({ id, kind, value, labels }: Channel, body: unknown): Channel {
  const { phone, email, labels: newLabels } = checkedChannel(body)
  return {
    id,
    kind: phone ? 'phone' : email ? 'email' : kind,
    value: phone ?? email ?? value,
    labels: newLabels ?? labels
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

/** A channel is a telephone number or an email address. */
function toChannel({ channelId, labels, email, phone }: ChannelBody, seed: string): Channel {
  const value = phone ?? email
  if (!value) throw channelMalformed()
  return { id: channelId ?? uuidOf(seed), kind: phone ? 'phone' : 'email', value, labels: labels ?? [] }
}

function factFields(account: string, contactId: string, now: number) {
  const at = formatInstant(now)
  return { id: uuidOf(`${contactId} ${at}`), account, occurredAt: at, receivedAt: at, source: 'rest' as const }
}
