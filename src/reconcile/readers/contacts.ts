import { contacts } from '../../mightycall/rest/routes/contacts.js'
import { contactFinding, type ContactRow } from '../findings/contacts.js'
import type { Reader } from '../reader.js'
import { ask, pageSizeOf, rowsOf } from './ask.js'
import { pageAt, walk } from './walk.js'

/** What has changed since the interval began, the deleted ones among it; from 1970 on all that there is, without them. */
export const contactsReader: Reader = {
  route: 'contacts',
  scopes: () => [null],
  async * read (context, { from }) {
    const since = from.getTime() > 0 ? { updatedSince: from } : {}
    const portionAt = async (position: number, most: number) => {
      const { page, pageSize, start } = pageAt(position, most)
      const answered = await ask(context, contacts, { query: { ...since, page, pageSize } })
      const rows = rowsOf(answered.answer.contacts, 'contacts', answered, context)
      return { ids: rows.map(([row]) => keyOf(row)), start, size: pageSize, total: answered.answer.records ?? null, rows }
    }
    for await (const { portion, fresh } of walk(pageSizeOf(context), portionAt)) yield { findings: portion.rows.flatMap(([row, told]) => contactFinding(row, told) ?? []), unlinked: [], rows: fresh }
  }
}

/** A row without an id is told by what it says, for the reading alone. */
function keyOf (row: ContactRow): string {
  return row.contactId ?? JSON.stringify(row)
}
