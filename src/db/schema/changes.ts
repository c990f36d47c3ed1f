import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

export const CHANGE_KINDS = ['call', 'agent', 'voicemail', 'message', 'gap', 'health', 'reset'] as const

/**
 * Which objects have changed, numbered in the order of commits: whoever writes holds the lock of changes until its
 * transaction ends.
 * Kept for an hour. Written only by db/changes.ts.
 */
export const changes = pgTable(
  'changes',
  {
    number: bigint('number', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    account: text('account').notNull(), // '': of no single account
    kind: text('kind').notNull(), // one of CHANGE_KINDS
    object: text('object').notNull(), // its id; of an agent the extension
    changedAt: at('changed_at').notNull()
  },
  t => [index('changes_changed').on(t.changedAt)]
)
