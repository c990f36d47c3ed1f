import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** Up to when each route of MightyCall has been read in full. Written only by reconcile/cursors.ts. */
export const reconcileCursors = pgTable('reconcile_cursors', {
  account: text('account').notNull(),
  route: text('route').notNull(),
  scope: text('scope').notNull(), // empty: all of the account
  readUntil: at('read_until').notNull(), // everything before was read, and is in the log
  readAt: at('read_at').notNull()
}, t => [primaryKey({ columns: [t.account, t.route, t.scope] })])
