import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

export const HOLE_REASONS = ['end-below-checkpoint', 'gap', 'other-record', 'log-switched', 'log-damage'] as const

/** How far a consumer group has projected each partition of a log. Advanced in the transaction that writes the rows. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    logId: text('log_id').notNull(),
    consumerGroup: text('consumer_group').notNull(),
    topic: text('topic').notNull(),
    partition: integer('partition').notNull(),
    // of the last projected record; -1 before the first one
    lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(),
    lastId: text('last_id'), // the event id of that record, or the SHA-256 of its bytes when it is undecodable
    updatedAt: at('updated_at').notNull()
  },
  t => [primaryKey({ columns: [t.logId, t.consumerGroup, t.topic, t.partition] })]
)

/** Checkpoints that did not match the log, so that records may be missing. Written only by src/project. */
export const holes = pgTable('holes', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  logId: text('log_id').notNull(),
  consumerGroup: text('consumer_group').notNull(),
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  reason: text('reason', { enum: HOLE_REASONS }).notNull(),
  checkpointOffset: bigint('checkpoint_offset', { mode: 'bigint' }).notNull(),
  firstOffset: bigint('first_offset', { mode: 'bigint' }), // bounds of the log; null when they were not read
  endOffset: bigint('end_offset', { mode: 'bigint' }),
  lostRecords: bigint('lost_records', { mode: 'bigint' }), // only of damage; null when the number is unknown
  lostAfter: at('lost_after'), // the receipt of the last record before the damage; null when unknown
  lostBefore: at('lost_before'), // the receipt of the first record after it; null when unknown or none
  detectedAt: at('detected_at').notNull()
})

/**
 * The last time that the circuit breaker stopped the projector of a group, one row for each group. Nothing is projected
 * until it is resumed. Written only by src/project/breaker/stops.ts.
 */
export const projectorStops = pgTable('projector_stops', {
  consumerGroup: text('consumer_group').primaryKey(),
  logId: text('log_id').notNull(), // the position of the batch that exceeded the limit
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  // the end of that batch: once resumed, records up to here are not counted
  lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(),
  records: integer('records').notNull(), // the size of the window of records
  failed: integer('failed').notNull(), // the failures in the window
  code: text('code').notNull(), // the most frequent code among the failures
  stoppedAt: at('stopped_at').notNull(),
  resumedAt: at('resumed_at'), // null while the projector is stopped
  resumedBy: text('resumed_by')
})

/**
 * Unknown types, and unknown fields of known types, in notifications and REST responses. Written only by
 * src/project/batch/count-drift.ts.
 */
export const drift = pgTable(
  'drift',
  {
    account: text('account').notNull(),
    type: text('type').notNull(), // the EventType as received, or the REST route, such as `GET /calls`
    field: text('field').notNull(), // the path of the field; '' when the type itself is unknown
    count: bigint('count', { mode: 'bigint' }).notNull(), // distinct events or responses
    sample: text('sample').notNull(), // the shape of one value, with its letters and digits masked
    firstSeenAt: at('first_seen_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull()
  },
  t => [primaryKey({ columns: [t.account, t.type, t.field] })]
)

/** The progress of each rebuild, so that an interrupted one can be continued. Written only by src/project/rebuild. */
export const rebuilds = pgTable('rebuilds', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  startedAt: at('started_at').notNull(),
  finishedAt: at('finished_at'), // null while it runs or when it was interrupted
  account: text('account'), // the last entity that is done; null when there is none
  kind: text('kind'),
  entity: text('entity'),
  entities: bigint('entities', { mode: 'bigint' }).notNull(),
  events: bigint('events', { mode: 'bigint' }).notNull(),
  differences: bigint('differences', { mode: 'bigint' }).notNull() // the number of differing rows found
})
