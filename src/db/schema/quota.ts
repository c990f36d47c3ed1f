import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** One row for each API key of MightyCall: its lock makes all processes take turns. Written only by mightycall/rest/quota-ledger.ts. */
export const quotaKeys = pgTable('quota_keys', {
  keyDigest: text('key_digest').primaryKey(), // sha-256, hexadecimal: the key itself is nowhere
  blockedUntil: at('blocked_until') // what MightyCall said; null: it never did
})

/** One row for each request of the last 24 h, and some older ones. Written only by mightycall/rest/quota-ledger.ts. */
export const quotaPermits = pgTable('quota_permits', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  keyDigest: text('key_digest').notNull(),
  permitClass: text('permit_class').notNull(), // action | sync | reconcile | backfill
  takenAt: at('taken_at').notNull()
}, t => [index('quota_permits_taken').on(t.keyDigest, t.takenAt)])
