import { sql } from 'drizzle-orm'
import { index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/**
 * What webhooks or polls have missed, one row for each call, voicemail or message, for ever. Written only by
 * reconcile/ledger; no rebuild makes it again.
 */
export const gaps = pgTable(
  'gaps',
  {
    account: text('account').notNull(),
    kind: text('kind').notNull(), // call | voicemail | message
    entity: text('entity').notNull(), // of a voicemail the call that it was left in: its own id is what is missing
    businessNumber: text('business_number'), // null: not known
    hour: at('hour').notNull(), // when it happened, cut to the hour
    missing: text('missing').notNull(), // call | completion | facts | voicemail | message
    detectedAt: at('detected_at').notNull(), // when it was told that there is more than was known
    healedAt: at('healed_at'), // null: it is open
    healedBy: text('healed_by') // webhook | rest
  },
  t => [
    primaryKey({ columns: [t.account, t.kind, t.entity] }),
    index('gaps_hour').on(t.account, t.hour),
    index('gaps_open').on(t.account).where(sql`healed_at is null`)
  ]
)

/**
 * Calls that REST told and no webhook has, until one does or they are created. Written only by
 * reconcile/ledger/held-calls.ts.
 */
export const heldCalls = pgTable(
  'held_calls',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(), // REST's
    heldAt: at('held_at').notNull(), // when it was told first
    startedAt: at('started_at').notNull(),
    endedAt: at('ended_at'), // null: it has not, or it is not said
    businessNumber: text('business_number'),
    findings: jsonb('findings').notNull() // the newest of each route, as they will be appended
  },
  t => [primaryKey({ columns: [t.account, t.callId] })]
)

/** Second copies of notifications: equal ones are one event. Written only by project/copies.ts. */
export const eventCopies = pgTable(
  'event_copies',
  {
    account: text('account').notNull(),
    id: uuid('id').notNull(), // of the event
    receivedAt: at('received_at').notNull() // of the copy
  },
  t => [
    primaryKey({ columns: [t.account, t.id, t.receivedAt] }),
    index('event_copies_received').on(t.account, t.receivedAt)
  ]
)
