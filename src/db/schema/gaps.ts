import { sql } from 'drizzle-orm'
import { index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/**
 * Calls, voicemails and messages that webhooks or polls have missed. Rows are never deleted, and a rebuild does not
 * create them again. Written only by src/reconcile/gaps.
 */
export const gaps = pgTable(
  'gaps',
  {
    account: text('account').notNull(),
    kind: text('kind', { enum: ['call', 'voicemail', 'message'] }).notNull(),
    entity: text('entity').notNull(), // for a voicemail the id of its call, since its own id is unknown
    businessNumber: text('business_number'), // null when unknown
    hour: at('hour').notNull(), // the hour in which it happened
    missing: text('missing').notNull(), // call | completion | facts | voicemail | message
    detectedAt: at('detected_at').notNull(), // when it was first reported
    healedAt: at('healed_at'), // null while the gap is open
    healedBy: text('healed_by') // webhook | rest
  },
  t => [
    primaryKey({ columns: [t.account, t.kind, t.entity] }),
    index('gaps_hour').on(t.account, t.hour),
    index('gaps_open').on(t.account).where(sql`healed_at is null`)
  ]
)

/**
 * Calls that REST has reported and no webhook has, until a webhook does or they are created. Written only by
 * src/reconcile/gaps/held-calls.ts.
 */
export const heldCalls = pgTable(
  'held_calls',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(), // the id in the REST API
    heldAt: at('held_at').notNull(), // when it was first reported
    startedAt: at('started_at').notNull(),
    endedAt: at('ended_at'), // null when the call has not ended or its end is unknown
    businessNumber: text('business_number'),
    findings: jsonb('findings').notNull() // the newest of each route, as they will be appended
  },
  t => [primaryKey({ columns: [t.account, t.callId] })]
)

/**
 * Notifications that MightyCall posted again. Equal notifications are one event; this table counts the duplicates.
 * Written only by src/project/batch/store-events.ts.
 */
export const eventCopies = pgTable(
  'event_copies',
  {
    account: text('account').notNull(),
    id: uuid('id').notNull(), // the id of the event
    receivedAt: at('received_at').notNull() // when the duplicate was received
  },
  t => [
    primaryKey({ columns: [t.account, t.id, t.receivedAt] }),
    index('event_copies_received').on(t.account, t.receivedAt)
  ]
)
