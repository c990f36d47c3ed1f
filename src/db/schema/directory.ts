import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, searchText, trigrams } from './columns.js'

/** One row per business number that was ever listed. Written only by project/numbers.ts. */
export const phoneNumbers = pgTable(
  'phone_numbers',
  {
    account: text('account').notNull(),
    id: uuid('id').notNull(), // UUIDv5 of the account and the number
    externalId: text('external_id'), // MightyCall's objectGuid
    number: text('number').notNull(), // E.164
    label: text('label'),
    smsEnabled: boolean('sms_enabled'), // null: not known
    isActive: boolean('is_active').notNull(), // listed, and enabled
    createdAt: at('created_at').notNull() // when we first saw it
  },
  t => [primaryKey({ columns: [t.account, t.number] }), index('phone_numbers_id').on(t.id)]
)

/**
 * One row per extension that was reported, or seen in a call. Written only by project/extensions.ts and
 * project/seen-extensions.ts.
 */
export const extensions = pgTable(
  'mightycall_extensions',
  {
    account: text('account').notNull(),
    extension: text('extension').notNull(),
    displayName: text('display_name'), // null: only seen in a call
    email: text('email'),
    role: text('role'),
    externalId: text('external_id'), // MightyCall's id of the user
    createdAt: at('created_at').notNull() // when it was first seen
  },
  t => [primaryKey({ columns: [t.account, t.extension] })]
)

/** One row per contact, deleted ones included. Written only by project/contacts.ts. */
export const contacts = pgTable(
  'contacts',
  {
    account: text('account').notNull(),
    contactId: text('contact_id').notNull(),
    name: text('name'),
    channels: jsonb('channels').notNull(), // [{ id, kind: phone|email, value, labels }]
    phones: jsonb('phones').notNull(), // of the channels, E.164
    tags: jsonb('tags').notNull(),
    removedAt: at('removed_at'),
    updatedAt: at('updated_at').notNull() // when we last saw a change
  },
  t => [
    primaryKey({ columns: [t.account, t.contactId] }),
    index('contacts_phones').using('gin', t.phones),
    index('contacts_name').on(sql`coalesce(name, '')`, t.account, t.contactId),
    index('contacts_search').using('gin', trigrams(searchText(t.name, sql`${t.phones}::text`)))
  ]
)

/** Spans of an agent's presence, from one change to the next. Written only by project/presences.ts. */
export const agentPresence = pgTable(
  'agent_presence',
  {
    account: text('account').notNull(),
    extension: text('extension').notNull(),
    since: at('since').notNull(),
    until: at('until'), // null: to this day
    presence: text('presence').notNull(), // available | dnd
    source: text('source').notNull(), // webhook | rest
    seenAt: at('seen_at').notNull() // the last fact that says so
  },
  t => [primaryKey({ columns: [t.account, t.extension, t.since] })]
)

/** Intervals of a route of the REST API that were read. Written only by project/ranges.ts. */
export const polledRanges = pgTable(
  'polled_ranges',
  {
    account: text('account').notNull(),
    rangeId: text('range_id').notNull(),
    polled: text('polled').notNull(), // the route, in full; `calls unread` when not all rows of it could be read
    scope: text('scope'), // what of it, such as an extension; null: all
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
