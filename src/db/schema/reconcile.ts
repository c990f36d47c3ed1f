import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** The instant up to which each REST route has been read in full. Written only by src/reconcile. */
export const reconcileCursors = pgTable(
  'reconcile_cursors',
  {
    account: text('account').notNull(),
    route: text('route').notNull(),
    scope: text('scope').notNull(), // '' for the whole account
    readUntil: at('read_until').notNull(), // everything before this instant was read and appended to the log
    readAt: at('read_at').notNull()
  },
  t => [primaryKey({ columns: [t.account, t.route, t.scope] })]
)

/**
 * One row for each MightyCall API key; its row lock serializes the processes that share the quota. Written only by
 * src/mightycall/rest.
 */
export const quotaKeys = pgTable('quota_keys', {
  keyDigest: text('key_digest').primaryKey(), // SHA-256 in hexadecimal; the key itself is not stored
  blockedUntil: at('blocked_until') // as MightyCall responded; null when it never did
})

/** One row for each request of the last 24 h, and some older ones. Written only by src/mightycall/rest. */
export const quotaPermits = pgTable(
  'quota_permits',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    keyDigest: text('key_digest').notNull(),
    permitClass: text('permit_class').notNull(), // action | sync | reconcile | backfill
    takenAt: at('taken_at').notNull()
  },
  t => [index('quota_permits_taken').on(t.keyDigest, t.takenAt)]
)

export const BACKFILL_STATES = ['running', 'done', 'failed', 'stopped'] as const

/**
 * Past intervals that an operator asked to read again. A process that starts continues a running backfill. Written only
 * by src/reconcile/backfill.
 */
export const backfills = pgTable(
  'backfills',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    account: text('account').notNull(),
    since: at('since').notNull(),
    until: at('until').notNull(), // not after the time of the request
    untilAsked: at('until_asked'), // `until` as requested; null when it was left out
    state: text('state', { enum: BACKFILL_STATES }).notNull(),
    startedAt: at('started_at').notNull(),
    finishedAt: at('finished_at'), // null while it is running
    waitsFor: text('waits_for'), // an error code; null while it reads
    waitsUntil: at('waits_until'), // null when the end of the wait is unknown
    failedCode: text('failed_code'),
    failedReason: text('failed_reason') // contains no payload
  },
  t => [
    uniqueIndex('backfills_running').on(t.account).where(sql`state = 'running'`),
    index('backfills_asked').on(t.account, t.since)
  ]
)

/** The progress of each route of a backfill. Written only by src/reconcile/backfill. */
export const backfillRoutes = pgTable(
  'backfill_routes',
  {
    backfillId: bigint('backfill_id', { mode: 'bigint' }).notNull(),
    route: text('route').notNull(),
    readFrom: at('read_from').notNull(), // everything from here to the end of the interval was read and projected
    rows: integer('rows').notNull(), // rows of MightyCall in the pages that were read in full
    requests: integer('requests').notNull()
  },
  t => [primaryKey({ columns: [t.backfillId, t.route] })]
)
