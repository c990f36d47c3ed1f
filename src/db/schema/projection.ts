import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** How far a group has projected each partition of a log: moved in the transaction that writes the rows. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    logId: text('log_id').notNull(),
    consumerGroup: text('consumer_group').notNull(),
    topic: text('topic').notNull(),
    partition: integer('partition').notNull(),
    lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(), // of the last record handled; -1: none yet
    lastId: text('last_id'), // its event id, or the sha-256 of its undecodable bytes
    updatedAt: at('updated_at').notNull()
  },
  t => [primaryKey({ columns: [t.logId, t.consumerGroup, t.topic, t.partition] })]
)

/** Where the log did not hold what a checkpoint said: something may be missing. Written only by project. */
export const holes = pgTable('holes', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  logId: text('log_id').notNull(),
  consumerGroup: text('consumer_group').notNull(),
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  reason: text('reason').notNull(), // end-below-checkpoint | gap | other-record | log-switched
  checkpointOffset: bigint('checkpoint_offset', { mode: 'bigint' }).notNull(),
  firstOffset: bigint('first_offset', { mode: 'bigint' }), // what the log had, where it was asked
  endOffset: bigint('end_offset', { mode: 'bigint' }),
  detectedAt: at('detected_at').notNull()
})

/**
 * The last time that a group's projector stopped by itself, one row for each group: while it is not resumed, nothing is
 * projected. Written only by project/stops.ts.
 */
export const projectorStops = pgTable('projector_stops', {
  consumerGroup: text('consumer_group').primaryKey(),
  logId: text('log_id').notNull(), // where the batch lies that would have been too much
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  // of that batch: once resumed, it is let through until here
  lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(),
  records: integer('records').notNull(), // how many were looked at
  failed: integer('failed').notNull(), // of these
  code: text('code').notNull(), // of most of them
  stoppedAt: at('stopped_at').notNull(),
  resumedAt: at('resumed_at'), // null: it stands still
  resumedBy: text('resumed_by')
})

/**
 * What notifications and answers held that we do not know: types, and fields of known types. Written only by
 * mightycall/count-drift.ts.
 */
export const drift = pgTable(
  'drift',
  {
    account: text('account').notNull(),
    type: text('type').notNull(), // the EventType as it came, or the route: `GET /calls`
    field: text('field').notNull(), // its path; '': the type itself
    count: bigint('count', { mode: 'bigint' }).notNull(), // distinct events, or answers
    sample: text('sample').notNull(), // the shape of one value, without its letters and digits
    firstSeenAt: at('first_seen_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull()
  },
  t => [primaryKey({ columns: [t.account, t.type, t.field] })]
)

/** How far a rebuild has come, so that one that was killed goes on. Written only by project/rebuild. */
export const rebuilds = pgTable('rebuilds', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  startedAt: at('started_at').notNull(),
  finishedAt: at('finished_at'), // null: it goes on, or was killed
  account: text('account'), // the last entity that is done; null: none
  kind: text('kind'),
  entity: text('entity'),
  entities: bigint('entities', { mode: 'bigint' }).notNull(),
  events: bigint('events', { mode: 'bigint' }).notNull(),
  differences: bigint('differences', { mode: 'bigint' }).notNull() // rows that it found to differ
})
