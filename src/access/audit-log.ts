import { and, inArray, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { auditLog } from '../db/schema/access.js'
import { audit, type AuditEntry } from './audit.js'
import { ofAccount } from './row-visibility.js'
import type { Viewer } from './viewer.js'

export type Audited = typeof auditLog.$inferSelect

export interface AuditFilter {
  since: Date | null
  until: Date | null
  accounts: readonly string[] | undefined
  actors: readonly string[] | undefined
  actions: readonly string[] | undefined
}

export interface AuditLog {
  /** Last first. */
  list: (viewer: Viewer, filter: AuditFilter, page: { place: readonly string[] | null, limit: number }) => Promise<Audited[]>
  /** Of what is done in no transaction of ours. */
  note: (entry: Omit<AuditEntry, 'at'>) => Promise<void>
}

export function createAuditLog ({ pool, now }: { pool: pg.Pool, now: () => Date }): AuditLog {
  const db = drizzle(pool)
  const { at, account, actor, action } = auditLog
  return {
    list: async (viewer, { since, until, accounts, actors, actions }, { place, limit }) => db.select().from(auditLog)
      .where(and(
        ofAccount(viewer, account), accounts && inArray(account, [...accounts]), actors && inArray(actor, [...actors]), actions && inArray(action, [...actions]),
        since ? sql`${at} >= ${since}` : undefined, until ? sql`${at} < ${until}` : undefined, place ? behind(place) : undefined))
      .orderBy(sql`at desc, id desc`).limit(limit),
    note: async entry => audit(pool, { ...entry, at: now() })
  }
}

function behind ([at, id]: readonly string[]): SQL {
  return sql`(at, id) < (${at}::timestamptz, ${id}::bigint)`
}
