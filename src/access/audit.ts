import type { Tx } from '../db/transaction.js'

export interface AuditEntry {
  at: Date
  /** Id of a key; `admin`, `command line` or `nobody`. */
  actor: string
  /** What was done, in the past tense: `key.created`. */
  action: string
  /** Null: it is of no single account. */
  account: string | null
  /** What it was done to: an id, or an administrator's business number. */
  subject: string | null
  /** Ids, roles, instants and settings; never a secret, a client's number or a text. */
  details?: object
}

/** Notes what was done, in the transaction that does it, so that neither is there without the other. */
export async function audit (tx: Tx, { at, actor, action, account, subject, details = {} }: AuditEntry): Promise<void> {
  await tx.query('insert into audit_log (at, actor, action, account, subject, details) values ($1, $2, $3, $4, $5, $6)', [at, actor, action, account, subject, details])
}
