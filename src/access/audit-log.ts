import { and, inArray, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { auditLog } from '../db/schema/access.js'
import type { Tx } from '../db/transaction.js'
import { ofAccount } from './row-visibility.js'
import type { Viewer } from './viewer.js'

export type AuditRow = typeof auditLog.$inferSelect

interface AuditFilter {
  since: Date | null
  until: Date | null
  accounts: readonly string[] | undefined
  actors: readonly string[] | undefined
  actions: readonly string[] | undefined
}

export interface AuditLog {
  /** Lists entries, newest first. */
  list: (
    viewer: Viewer,
    filter: AuditFilter,
    page: { place: readonly string[] | null; limit: number }
  ) => Promise<AuditRow[]>
  /** Records an action that has no database transaction of its own. */
  record: (entry: Omit<AuditEntry, 'at'>) => Promise<void>
}

export function createAuditLog({ pool, now }: { pool: pg.Pool; now: () => Date }): AuditLog {
  const db = drizzle(pool)
  const { at, account, actor, action } = auditLog
  return {
    list: async (viewer, { since, until, accounts, actors, actions }, { place, limit }) =>
      db
        .select()
        .from(auditLog)
        .where(
          and(
            ofAccount(viewer, account),
            accounts && inArray(account, [...accounts]),
            actors && inArray(actor, [...actors]),
            actions && inArray(action, [...actions]),
            since ? sql`${at} >= ${since}` : undefined,
            until ? sql`${at} < ${until}` : undefined,
            place ? olderThan(place) : undefined
          )
        )
        .orderBy(sql`at desc, id desc`)
        .limit(limit),
    record: async entry => audit(pool, { ...entry, at: now() })
  }
}

function olderThan([at, id]: readonly string[]): SQL {
  return sql`(at, id) < (${at}::timestamptz, ${id}::bigint)`
}

export interface AuditEntry {
  at: Date
  /** The id of a key, `admin`, `command line` or `nobody`. */
  actor: string
  /** The action in the past tense: `key.created`. */
  action: string
  /** `null` when the action concerns no single account. */
  account: string | null
  /** The object of the action: an id, or a business number. */
  subject: string | null
  /** Ids, roles, instants and settings; never a secret, the number of a client or a text. */
  details?: object
}

/** Records an action in the transaction that performs it, so that neither is stored without the other. */
export async function audit(tx: Tx, { at, actor, action, account, subject, details = {} }: AuditEntry): Promise<void> {
  await tx.query(
    'insert into audit_log (at, actor, action, account, subject, details) values ($1, $2, $3, $4, $5, $6)',
    [at, actor, action, account, subject, details]
  )
}
