import type { ContactEvent, ContactReported } from '../../events/directory.js'
import { derivedChannelId } from '../../events/identity.js'
import { cleanName, cleanText } from '../../events/text.js'
import { HOUR_MS } from '../../lib/instant.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { contacts } from '../../mightycall/rest/routes/contacts.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { MINUTE_MS } from '../schedule.js'
import { pageAt, paginate } from './paginate.js'
import { pageSizeOf, readList, sendRequest } from './request.js'
import { factEnvelope, fullName, idOf, numberOf, rawOf, type SourceRow } from './row.js'

/**
 * Reads the contacts that have changed since the interval began, deleted ones included; from 1970 on, all but those.
 */
export const contactsReader: RouteReader = {
  route: 'contacts',
  schedule: { busyMs: 30 * MINUTE_MS, quietMs: 2 * HOUR_MS },
  lookBacks: () => [],
  history: null,
  linksTo: [],
  changes: { 'contact.reported': { comparedWith: 'any-route' }, 'contact.removed': { comparedWith: 'any-route' } },
  scopes: () => [null],
  async *read(context, { from }) {
    const since = from.getTime() > 0 ? { updatedSince: from } : {}
    const portionAt = async (position: number, most: number) => {
      const { page, pageSize, start } = pageAt(position, most)
      const answered = await sendRequest(context, contacts, { query: { ...since, page, pageSize } })
      return {
        ...readList(answered.body.contacts, { list: 'contacts', idOf: keyOf }, answered, context),
        start,
        size: pageSize,
        total: answered.body.records ?? null
      }
    }
    for await (const { slice, newRows, unreadable } of paginate(pageSizeOf(context), portionAt))
      yield {
        facts: slice.rows.flatMap(([row, source]) => contactFact(row, source) ?? []),
        unlinked: [],
        rows: newRows,
        unreadable
      }
  }
}

/** A row without an id is identified by its content, for this reading only. */
function keyOf(row: ContactRow): string {
  return row.contactId ?? JSON.stringify(row)
}

export type ContactRow = ResponseOf<typeof contacts>['contacts'][number]
type Channel = ContactReported['channels'][number]

/** The limits of the event schemas. */
const MAX = { channels: 200, tags: 200, labels: 50, value: 320 } as const

/** A row of /contacts (source: MightyCall API v4, Contacts). Null without an id, which the documented rows lack. */
export function contactFact(row: ContactRow, source: SourceRow): FactOf<ContactEvent> | null {
  const contactId = idOf(row.contactId)
  if (contactId === null) return null
  if (row.state === 'deleted') return { ...factEnvelope('contact.removed', source), contactId, raw: rawOf(source) }
  return {
    ...factEnvelope('contact.reported', source),
    contactId,
    route: 'contacts',
    name: fullName(row.firstName, row.patronymic, row.lastName),
    channels: (row.channels ?? []).flatMap(channel => channelsOf(channel, contactId, source)).slice(0, MAX.channels),
    tags: namesOf(row.tags, MAX.tags),
    raw: rawOf(source)
  }
}

/** A channel has a phone or an e-mail address, or both; some have no id. */
function channelsOf(
  { channelId, labels, phone, email }: NonNullable<ContactRow['channels']>[number],
  contactId: string,
  source: SourceRow
): Channel[] {
  const values = [
    ['phone', numberOf(phone, source) ?? cleanName(phone)],
    ['email', cleanText(email?.trim())?.slice(0, MAX.value).toWellFormed() ?? null]
  ] as const
  return values.flatMap(([kind, value], i) => {
    if (value === null) return []
    const own = i === 0 || !phone ? idOf(channelId) : null
    return [{ id: own ?? derivedChannelId(contactId, kind, value), kind, value, labels: namesOf(labels, MAX.labels) }]
  })
}

function namesOf(names: readonly string[] | null | undefined, max: number): string[] {
  return (names ?? []).flatMap(name => cleanName(name) ?? []).slice(0, max)
}
