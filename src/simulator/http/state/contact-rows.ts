import { hash } from 'node:crypto'
import type { ContactEvent, ContactReported } from '../../../events/directory.js'
import { firstAndLast, type Row } from '../wire.js'
import type { World } from './world.js'

/** The contacts at an instant, by their ids; with `updatedSince` only what has changed since, the deleted ones among them. */
export function contactRows (world: World, { now, updatedSince = null }: { now: number, updatedSince?: number | null }): Row[] {
  return world.history.contacts.at(now)
    .filter(fact => updatedSince === null ? fact.type === 'contact.reported' : Date.parse(fact.occurredAt) >= updatedSince)
    .sort((a, b) => a.contactId < b.contactId ? -1 : 1)
    .map(fact => contactRow(world, fact))
}

/** The last that was told of a deleted one stays, with its state. */
export function contactRow ({ history }: World, fact: ContactEvent): Row {
  const at = Date.parse(fact.occurredAt)
  const last = history.contacts.of(fact.contactId, at, 'contact.reported')
  return {
    etag: etagOf(fact),
    contactId: fact.contactId,
    ...last?.type === 'contact.reported' && membersOf(last),
    created: new Date(history.contacts.firstAt(fact.contactId, at) ?? at).toISOString(),
    updated: fact.occurredAt,
    ...fact.type === 'contact.removed' && { state: 'deleted' }
  }
}

export function etagOf ({ contactId, occurredAt, type }: ContactEvent): string {
  return hash('sha256', `${contactId} ${occurredAt} ${type}`).slice(0, 16)
}

function membersOf ({ name, channels, tags }: ContactReported): Row {
  return {
    ...firstAndLast(name ?? ''),
    tags,
    channels: channels.map(({ id, kind, value, labels }) => ({ channelId: id, labels, ...kind === 'phone' ? { phone: value } : { email: value } }))
  }
}
