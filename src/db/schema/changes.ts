import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

export const CHANGE_KINDS = ['call', 'agent', 'voicemail', 'message', 'gap', 'health', 'reset'] as const

/**
 * The objects that have changed, numbered in commit order: a writer holds the advisory lock of changes until its
 * transaction ends. Rows are kept for an hour. Written only by src/db/changes.ts.
 */
export const changes = pgTable(
  'changes',
  {
    number: bigint('number', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    account: text('account').notNull(), // '' when the change concerns no single account
    kind: text('kind', { enum: CHANGE_KINDS }).notNull(),
    object: text('object').notNull(), // the id of the object; the extension of an agent
    changedAt: at('changed_at').notNull()
  },
  t => [index('changes_changed').on(t.changedAt)]
)
