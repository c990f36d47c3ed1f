import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.js'

export const LETTER_STATES = ['dead', 'redriven', 'discarded'] as const

/**
 * Records that could not be projected: undecodable, or refused by the database for what they hold. Written only by
 * project.
 * None is ever taken away: one that is redriven or discarded changes its state. A topic that was made anew has other
 * records at the same offsets.
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
    account: text('account'), // null: it cannot be told
    code: text('code').notNull(), // MCS_… or the SQLSTATE, as of the last try
    reason: text('reason').notNull(), // holds no payload
    key: bytea('key'),
    value: bytea('value'),
    headers: jsonb('headers').notNull(),
    diedAt: at('died_at').notNull(),
    state: text('state').notNull().default('dead') // one of LETTER_STATES
  },
  t => [
    uniqueIndex('dead_letters_record').on(t.logId, t.topic, t.partition, t.offset, t.recordId),
    index('dead_letters_died').on(t.diedAt, t.id)
  ]
)

/** What was done with dead letters, by whom. Written only by project/letters. */
export const deadLetterActions = pgTable(
  'dead_letter_actions',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    letterId: bigint('letter_id', { mode: 'bigint' }).notNull(),
    action: text('action').notNull(), // redriven | refused | discarded
    actedBy: text('acted_by').notNull(),
    code: text('code'), // of a refusal
    reason: text('reason'), // of a refusal, or what was given for a discard
    actedAt: at('acted_at').notNull()
  },
  t => [index('dead_letter_actions_letter').on(t.letterId, t.id)]
)
