import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

export const BACKFILL_STATES = ['running', 'done', 'failed', 'stopped'] as const

/** Intervals of the past that a person asked to be read. Written only by reconcile/backfill; a process that starts goes on with what is running. */
export const backfills = pgTable('backfills', {
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
}, t => [uniqueIndex('backfills_running').on(t.account).where(sql`state = 'running'`), index('backfills_asked').on(t.account, t.since)])

/** How far each route of a backfill is. Written only by reconcile/backfill. */
export const backfillRoutes = pgTable('backfill_routes', {
  backfillId: bigint('backfill_id', { mode: 'bigint' }).notNull(),
  route: text('route').notNull(),
  readFrom: at('read_from').notNull(), // from here to the end of the interval all was read, and is projected
  rows: integer('rows').notNull(), // of MightyCall's, in what was read in full
  requests: integer('requests').notNull()
}, t => [primaryKey({ columns: [t.backfillId, t.route] })])
