import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.js'

export const DEAD_LETTER_STATES = ['dead', 'redriven', 'discarded'] as const
export const DEAD_LETTER_ACTIONS = ['redriven', 'refused', 'discarded'] as const

/**
 * Records that could not be projected: undecodable, or rejected by the database because of their content. Rows are
 * never deleted: a dead letter that is redriven or discarded changes its state. A topic that was created again has
 * other records at the same offsets, hence the record id in the unique index. Written only by src/project.
 */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    logId: text('log_id').notNull(),
    topic: text('topic').notNull(),
    partition: integer('partition').notNull(),
    offset: bigint('record_offset', { mode: 'bigint' }).notNull(),
    recordId: text('record_id').notNull(),
    account: text('account'), // null when it is unknown
    code: text('code').notNull(), // MCS_… or the SQLSTATE of the last attempt
    reason: text('reason').notNull(), // contains no payload
    key: bytea('key'),
    value: bytea('value'),
    headers: jsonb('headers').notNull(),
    diedAt: at('died_at').notNull(),
    state: text('state', { enum: DEAD_LETTER_STATES }).notNull().default('dead')
  },
  t => [
    uniqueIndex('dead_letters_record').on(t.logId, t.topic, t.partition, t.offset, t.recordId),
    index('dead_letters_died').on(t.diedAt, t.id)
  ]
)

/** What was done with each dead letter, and by whom. Written only by src/project/dead-letters. */
export const deadLetterActions = pgTable(
  'dead_letter_actions',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    letterId: bigint('letter_id', { mode: 'bigint' }).notNull(),
    action: text('action', { enum: DEAD_LETTER_ACTIONS }).notNull(),
    actedBy: text('acted_by').notNull(),
    code: text('code'), // of a refused redrive
    reason: text('reason'), // of a refused redrive, or the reason given for a discard
    actedAt: at('acted_at').notNull()
  },
  t => [index('dead_letter_actions_letter').on(t.letterId, t.id)]
)
