import { hash } from 'node:crypto'
import type { ContactEvent, ContactReported } from '../../../events/directory.js'
import type { Row } from '../wire.js'
import { type Channel, membersOf } from './contact-members.js'
import type { World } from './world.js'

/**
 * The contacts at an instant, by their ids; with `updatedSince` only what has changed since, the deleted ones among
 * them.
 */
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

/** The last that was told of a deleted one stays, with its state. What is not there is left out. */
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

/** Two changes in one instant have two. */
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
