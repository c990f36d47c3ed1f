import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** Up to when each route of MightyCall has been read in full. Written only by reconcile/cursors.ts. */
export const reconcileCursors = pgTable(
  'reconcile_cursors',
  {
    account: text('account').notNull(),
    route: text('route').notNull(),
    scope: text('scope').notNull(), // empty: all of the account
    readUntil: at('read_until').notNull(), // everything before was read, and is in the log
    readAt: at('read_at').notNull()
  },
  t => [primaryKey({ columns: [t.account, t.route, t.scope] })]
)

/**
 * One row for each API key of MightyCall: its lock makes all processes take turns. Written only by
 * mightycall/rest/quota-ledger.ts.
 */
export const quotaKeys = pgTable('quota_keys', {
  keyDigest: text('key_digest').primaryKey(), // sha-256, hexadecimal: the key itself is nowhere
  blockedUntil: at('blocked_until') // what MightyCall said; null: it never did
})

/** One row for each request of the last 24 h, and some older ones. Written only by mightycall/rest/quota-ledger.ts. */
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
 * Intervals of the past that a person asked to be read. Written only by reconcile/backfill; a process that starts goes
 * on with what is running.
 */
export const backfills = pgTable(
  'backfills',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    account: text('account').notNull(),
    since: at('since').notNull(),
    until: at('until').notNull(), // not after it was asked for
    untilAsked: at('until_asked'), // null: nothing was said
    state: text('state').notNull(), // one of BACKFILL_STATES
    startedAt: at('started_at').notNull(),
    finishedAt: at('finished_at'), // null: it is running
    waitsFor: text('waits_for'), // a code; null: it reads
    waitsUntil: at('waits_until'), // null: nobody can say
    failedCode: text('failed_code'),
    failedReason: text('failed_reason') // holds no payload
  },
  t => [
    uniqueIndex('backfills_running').on(t.account).where(sql`state = 'running'`),
    index('backfills_asked').on(t.account, t.since)
  ]
)

/** How far each route of a backfill is. Written only by reconcile/backfill. */
export const backfillRoutes = pgTable(
  'backfill_routes',
  {
    backfillId: bigint('backfill_id', { mode: 'bigint' }).notNull(),
    route: text('route').notNull(),
    readFrom: at('read_from').notNull(), // from here to the end of the interval all was read, and is projected
    rows: integer('rows').notNull(), // of MightyCall's, in what was read in full
    requests: integer('requests').notNull()
  },
  t => [primaryKey({ columns: [t.backfillId, t.route] })]
)
