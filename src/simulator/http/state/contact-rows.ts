import { hash } from 'node:crypto'
import type { ContactEvent, ContactReported } from '../../../events/directory.js'
import { isObject } from '../../../lib/json.js'
import { firstAndLast, type Row } from '../wire.js'
import type { World } from './world.js'

/** Returns the contacts at an instant, ordered by id; with `updatedSince` only changed and deleted ones since then. */
export function contactRows(
  world: World,
  { now, updatedSince = null }: { now: number; updatedSince?: number | null }
): Row[] {
  return world.history.contacts
    .snapshotAt(now)
    .filter(fact =>
      updatedSince === null ? fact.type === 'contact.reported' : Date.parse(fact.occurredAt) >= updatedSince
    )
    .sort((a, b) => (a.contactId < b.contactId ? -1 : 1))
    .map(fact => contactRow(world, fact))
}

/** A deleted contact keeps its last members and has a state. Missing members are left out. */
export function contactRow({ history }: World, fact: ContactEvent): Row {
  const at = Date.parse(fact.occurredAt)
  const last = history.contacts.latest(fact.contactId, at, 'contact.reported')
  return {
    etag: etagOf(fact),
    contactId: fact.contactId,
    ...(last?.type === 'contact.reported' && rowOf(last)),
    created: new Date(history.contacts.firstSeenAt(fact.contactId, at) ?? at).toISOString(),
    updated: fact.occurredAt,
    ...(fact.type === 'contact.removed' && { state: 'deleted' })
  }
}

/** Two changes in the same instant have different etags. */
export function etagOf(fact: ContactEvent): string {
  return hash('sha256', JSON.stringify(fact)).slice(0, 16)
}

export function channelRow({ id, kind, value, labels }: Channel): Row {
  return { channelId: id, labels, ...(kind === 'phone' ? { phone: value } : { email: value }) }
}

function rowOf(fact: ContactReported): Row {
  const { tags, channels, ...texts } = membersOf(fact)
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null)),
    tags,
    channels: channels.map(channelRow)
  }
}

export type Channel = ContactReported['channels'][number]

/** The members of a contact as MightyCall stores them. */
export interface ContactMembers {
  firstName: string | null
  lastName: string | null
  patronymic: string | null
  comment: string | null
  tags: string[]
  channels: Channel[]
}

export const EMPTY_CONTACT: ContactMembers = {
  firstName: null,
  lastName: null,
  patronymic: null,
  comment: null,
  tags: [],
  channels: []
}

const NAME_MEMBERS = ['firstName', 'lastName', 'patronymic', 'comment'] as const

/**
 * Returns the members of a contact from a fact. A fact has the full name in one field and no comment; for a contact
 * that was changed by a request, `raw` has the separate members.
 */
export function membersOf({ name, tags, channels, raw }: ContactReported): ContactMembers {
  const stored: Record<string, unknown> = isObject(raw) ? raw : {}
  const textOf = (member: (typeof NAME_MEMBERS)[number]) => (typeof stored[member] === 'string' ? stored[member] : null)
  const names = NAME_MEMBERS.some(member => member in stored)
    ? { firstName: textOf('firstName'), lastName: textOf('lastName') }
    : firstAndLast(name ?? '')
  return { ...names, patronymic: textOf('patronymic'), comment: textOf('comment'), tags, channels }
}

/** Returns the fields of a fact from the members of a contact. */
export function factMembersOf({
  tags,
  channels,
  ...names
}: ContactMembers): Pick<ContactReported, 'name' | 'tags' | 'channels' | 'raw'> {
  const { firstName, patronymic, lastName } = names
  return { name: [firstName, patronymic, lastName].filter(Boolean).join(' ') || null, tags, channels, raw: names }
}
