import type { ContactEvent, ContactReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { inOrder, iso } from './facts.js'
import { type ReadModel, table } from './read-model.js'

/** What the events of one contact amount to; times in milliseconds since 1970. */
export interface Contact {
  name: string | null
  channels: ContactReported['channels']
  /** Of the channels, each once. */
  phones: string[]
  tags: string[]
  removedAt: number | null
  updatedAt: number
}

/**
 * The contact that these events describe, in any order and with doubles; null when there are none. Added again, it is
 * no longer removed.
 */
export function foldContact(events: readonly Folded<ContactEvent>[]): Contact | null {
  const inTime = inOrder(events)
  const last = inTime.at(-1)
  if (!last) return null
  const newest = inTime.findLast(isReport)
  const channels = newest?.channels ?? []
  // Removed is when it was removed first since it was last there, however often that was seen.
  const removal =
    last.type === 'contact.removed' ? inTime.slice(newest ? inTime.lastIndexOf(newest) + 1 : 0)[0] : undefined
  return {
    name: newest?.name ?? null,
    channels,
    phones: [...new Set(channels.flatMap(({ kind, value }) => (kind === 'phone' ? value : [])))],
    tags: newest?.tags ?? [],
    removedAt: removal ? Date.parse(removal.occurredAt) : null,
    updatedAt: Date.parse((removal ?? newest ?? last).occurredAt)
  }
}

const isReport = (event: Folded<ContactEvent>): event is Folded<ContactReported> => event.type === 'contact.reported'

interface ContactRow extends Contact {
  account: string
  contactId: string
}

/** `contacts` */
export const contacts: ReadModel<ContactRow> = {
  kind: 'contact',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const contact = foldContact(events as Folded<ContactEvent>[]) // an entity of this kind has no other events
    return contact && { account, contactId: entity, ...contact }
  },
  tables: [
    table<ContactRow, ContactRow>({
      name: 'contacts',
      entity: 'contact_id',
      key: ['account', 'contact_id'],
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        contact_id: { type: 'text', of: row => row.contactId },
        name: { type: 'text', of: row => row.name },
        channels: { type: 'jsonb', of: row => JSON.stringify(row.channels) },
        phones: { type: 'jsonb', of: row => JSON.stringify(row.phones) },
        tags: { type: 'jsonb', of: row => JSON.stringify(row.tags) },
        removed_at: { type: 'timestamptz', of: row => iso(row.removedAt) },
        updated_at: { type: 'timestamptz', of: row => iso(row.updatedAt) }
      }
    })
  ]
}
