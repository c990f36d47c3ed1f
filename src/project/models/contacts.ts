import type { FoldedRow } from '../../db/bulk-sql.js'
import { contacts as table } from '../../db/schema/directory.js'
import type { ContactEvent, ContactReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { inOrder } from './facts.js'
import { modelTable, type ReadModel } from './read-model.js'

type ContactRow = FoldedRow<typeof table>

/** What the events of one contact amount to. */
export interface Contact extends Omit<ContactRow, 'account' | 'contactId'> {
  channels: ContactReported['channels']
  /** The distinct telephone numbers among the channels. */
  phones: string[]
  tags: string[]
}

/**
 * Folds the events of one contact, or returns null when there are none. A contact that is reported again after its
 * removal is no longer removed. The order of the events and duplicates among them do not change the result.
 */
export function foldContact(events: readonly Folded<ContactEvent>[]): Contact | null {
  const inTime = inOrder(events)
  const last = inTime.at(-1)
  if (!last) return null
  const newest = inTime.findLast(isReport)
  const channels = newest?.channels ?? []
  // A removal may be reported several times: the first one after the newest report counts.
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

/** `contacts` */
export const contacts: ReadModel<'contact', ContactRow> = {
  kind: 'contact',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const contact = foldContact(events)
    return contact && { account, contactId: entity, ...contact }
  },
  tables: [modelTable({ table, entity: 'contactId', rowsOf: (row: ContactRow) => [row] })]
}
