import { sql } from 'drizzle-orm'
import { bigint, boolean, customType, doublePrecision, index, integer, jsonb, pgTable, primaryKey, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core'

// Times are timestamptz with milliseconds; durations are seconds; numbers are E.164 where they could be read as such.

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * Every event once, for ever: read models are folded from here, and rebuilds read nothing else. Written only by project/store-events.ts.
 * drizzle has no word for partitions: the migration makes 16 by hash of (account, entity).
 */
export const events = pgTable('events', {
  account: text('account').notNull(),
  kind: text('kind').notNull(),
  entity: text('entity').notNull(),
  id: uuid('id').notNull(),
  type: text('type').notNull(),
  source: text('source').notNull(),
  occurredAt: at('occurred_at').notNull(),
  receivedAt: at('received_at').notNull(),
  fields: jsonb('fields').notNull(), // the normalized fields that are no columns here
  raw: bytea('raw').notNull(), // what MightyCall sent, without its ApiKey
  rawIsJson: boolean('raw_is_json').notNull()
}, t => [primaryKey({ columns: [t.account, t.kind, t.entity, t.id] }), index('events_received').on(t.account, t.receivedAt, t.id)])

/** One row per entity that has events: its lock, and what became of its last fold. Written only by project. */
export const entities = pgTable('entities', {
  account: text('account').notNull(),
  kind: text('kind').notNull(),
  entity: text('entity').notNull(),
  foldVersion: integer('fold_version').notNull(),
  failed: text('failed') // why its row is older than its events; null: it is not
}, t => [primaryKey({ columns: [t.account, t.kind, t.entity] }), index('entities_failed').on(t.failed)])

/** How far a group has projected each partition of a log: moved in the transaction that writes the rows. */
export const checkpoints = pgTable('checkpoints', {
  logId: text('log_id').notNull(),
  consumerGroup: text('consumer_group').notNull(),
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(), // of the last record handled; -1: none yet
  lastId: text('last_id'), // its event id, or the sha-256 of its undecodable bytes
  updatedAt: at('updated_at').notNull()
}, t => [primaryKey({ columns: [t.logId, t.consumerGroup, t.topic, t.partition] })])

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

/** Records that can never be projected: undecodable, or refused by the database for what they hold. Written only by project. */
export const deadLetters = pgTable('dead_letters', {
  logId: text('log_id').notNull(),
  topic: text('topic').notNull(),
  partition: integer('partition').notNull(),
  offset: bigint('record_offset', { mode: 'bigint' }).notNull(),
  recordId: text('record_id').notNull(),
  code: text('code').notNull(), // MCS_… or the SQLSTATE
  reason: text('reason').notNull(), // holds no payload
  key: bytea('key'),
  value: bytea('value'),
  headers: jsonb('headers').notNull(),
  diedAt: at('died_at').notNull()
}, t => [primaryKey({ columns: [t.logId, t.topic, t.partition, t.offset] }), index('dead_letters_died').on(t.diedAt)])

/** One row per call. Written only by project/calls.ts; a pure function of the call's events. */
export const callHistory = pgTable('call_history', {
  account: text('account').notNull(),
  callId: text('call_id').notNull(),
  direction: text('direction').notNull(), // inbound | outbound | callback | internal
  state: text('state').notNull(), // waiting | ringing | connected | ended
  outcome: text('outcome'), // answered | missed | abandoned | unanswered; null: not ended
  businessNumber: text('business_number'),
  clientNumber: text('client_number'),
  clientName: text('client_name'), // of a site widget, which has no number
  startedAt: at('started_at').notNull(),
  answeredAt: at('answered_at'),
  endedAt: at('ended_at'),
  waitSeconds: doublePrecision('wait_seconds'),
  talkSeconds: doublePrecision('talk_seconds'),
  answeredBy: text('answered_by'), // the extension that talked first
  lastEventAt: at('last_event_at').notNull(), // the last sign of life: an open call without one for long is stale
  webhookEvents: integer('webhook_events').notNull(), // distinct events, by how we learned them
  restEvents: integer('rest_events').notNull()
}, t => [
  primaryKey({ columns: [t.account, t.callId] }),
  index('call_history_started').on(t.startedAt, t.account, t.callId),
  index('call_history_call').on(t.callId),
  index('call_history_business_number').on(t.businessNumber, t.startedAt, t.account, t.callId),
  index('call_history_client').on(t.clientNumber, t.startedAt, t.account, t.callId),
  index('call_history_client_name').on(t.clientName).where(sql`client_name is not null`),
  index('call_history_open').on(t.startedAt, t.account, t.callId).where(sql`state <> 'ended'`)
])

/** One row per attempt to reach an extension within a call. Written only by project/calls.ts. */
export const callLegs = pgTable('call_legs', {
  account: text('account').notNull(),
  callId: text('call_id').notNull(),
  extension: text('extension').notNull(), // '': MightyCall did not say which
  attempt: smallint('attempt').notNull(), // 1, 2, … of this extension in this call
  role: text('role').notNull(), // agent | dialer
  ringingAt: at('ringing_at'),
  connectedAt: at('connected_at'),
  endedAt: at('ended_at')
}, t => [primaryKey({ columns: [t.account, t.callId, t.extension, t.attempt] }), index('call_legs_extension').on(t.extension, t.account, t.callId)])
