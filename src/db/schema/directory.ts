import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, EVENT_SOURCES, searchText, trigrams } from './columns.js'

/** One row per business number that was ever listed. Written only by src/project/models/numbers.ts. */
export const phoneNumbers = pgTable(
  'phone_numbers',
  {
    account: text('account').notNull(),
    id: uuid('id').notNull(), // UUIDv5 of the account and the number
    externalId: text('external_id'), // the objectGuid of MightyCall
    number: text('number').notNull(), // E.164
    label: text('label'),
    smsEnabled: boolean('sms_enabled'), // null when unknown
    isActive: boolean('is_active').notNull(), // listed and enabled
    createdAt: at('created_at').notNull() // when the number was first reported
  },
  t => [primaryKey({ columns: [t.account, t.number] }), index('phone_numbers_id').on(t.id)]
)

/**
 * One row per extension that was reported or that a call names. Written only by src/project/models/extensions.ts and
 * src/project/models/discovered-extensions.ts.
 */
export const extensions = pgTable(
  'mightycall_extensions',
  {
    account: text('account').notNull(),
    extension: text('extension').notNull(),
    displayName: text('display_name'), // null when only calls name the extension
    email: text('email'),
    role: text('role'),
    externalId: text('external_id'), // the id of the user at MightyCall
    createdAt: at('created_at').notNull() // when an event first named the extension
  },
  t => [primaryKey({ columns: [t.account, t.extension] })]
)

/** One row per contact, including removed ones. Written only by src/project/models/contacts.ts. */
export const contacts = pgTable(
  'contacts',
  {
    account: text('account').notNull(),
    contactId: text('contact_id').notNull(),
    name: text('name'),
    channels: jsonb('channels').notNull(), // [{ id, kind: phone|email, value, labels }]
    phones: jsonb('phones').notNull(), // the telephone numbers among the channels, E.164
    tags: jsonb('tags').notNull(),
    removedAt: at('removed_at'),
    updatedAt: at('updated_at').notNull() // when a change was last reported
  },
  t => [
    primaryKey({ columns: [t.account, t.contactId] }),
    index('contacts_phones').using('gin', t.phones),
    index('contacts_name').on(sql`coalesce(name, '')`, t.account, t.contactId),
    index('contacts_search').using('gin', trigrams(searchText(t.name, sql`${t.phones}::text`)))
  ]
)

/** Spans of an agent's presence, from one change to the next. Written only by src/project/models/presences.ts. */
export const agentPresence = pgTable(
  'agent_presence',
  {
    account: text('account').notNull(),
    extension: text('extension').notNull(),
    since: at('since').notNull(),
    until: at('until'), // null for the current span
    presence: text('presence', { enum: ['available', 'dnd'] }).notNull(),
    source: text('source', { enum: EVENT_SOURCES }).notNull(),
    seenAt: at('seen_at').notNull() // the last fact that confirms the presence
  },
  t => [primaryKey({ columns: [t.account, t.extension, t.since] })]
)

/** Intervals of a REST route that have been read. Written only by src/project/models/ranges.ts. */
export const polledRanges = pgTable(
  'polled_ranges',
  {
    account: text('account').notNull(),
    rangeId: text('range_id').notNull(),
    polled: text('polled').notNull(), // the route; `calls unread` when some of its rows could not be read
    scope: text('scope'), // the part that was read, such as an extension; null for all of the route
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at').notNull(),
    polledAt: at('polled_at').notNull(),
    count: integer('count').notNull()
  },
  t => [
    primaryKey({ columns: [t.account, t.rangeId] }),
    index('polled_ranges_until').on(t.account, t.polled, t.scope, t.untilAt.desc())
  ]
)
