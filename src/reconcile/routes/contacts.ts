import { contacts } from '../../mightycall/rest/routes/contacts.js'
import { contactFinding, type ContactRow } from '../findings/contacts.js'
import type { Reader } from '../route-reader.js'
import { ask, listed, pageSizeOf } from './request.js'
import { pageAt, walk } from './paginate.js'

/** What has changed since the interval began, the deleted ones among it; from 1970 on all that there is, without them. */
export const contactsReader: Reader = {
  route: 'contacts',
  scopes: () => [null],
  async * read (context, { from }) {
    const since = from.getTime() > 0 ? { updatedSince: from } : {}
    const portionAt = async (position: number, most: number) => {
      const { page, pageSize, start } = pageAt(position, most)
      const answered = await ask(context, contacts, { query: { ...since, page, pageSize } })
      return { ...listed(answered.answer.contacts, { list: 'contacts', idOf: keyOf }, answered, context), start, size: pageSize, total: answered.answer.records ?? null }
    }
    for await (const { portion, fresh, unread } of walk(pageSizeOf(context), portionAt)) yield { findings: portion.rows.flatMap(([row, told]) => contactFinding(row, told) ?? []), unlinked: [], rows: fresh, unread }
  }
}

/** A row without an id is told by what it says, for the reading alone. */
function keyOf (row: ContactRow): string {
  return row.contactId ?? JSON.stringify(row)
}
