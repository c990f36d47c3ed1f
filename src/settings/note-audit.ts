import type { Tx } from '../db/transaction.js'

export interface AuditNote {
  at: Date
  /** As access/viewer.ts has it. */
  actor: string
  action: string
  account: string | null
  subject: string | null
  /** No secret. */
  details: object
}

/** Writes down who did what, in the transaction in which it is done: neither is without the other. */
export async function noteAudit (tx: Tx, { at, actor, action, account, subject, details }: AuditNote): Promise<void> {
  await tx.query('insert into audit_log (at, actor, action, account, subject, details) values ($1, $2, $3, $4, $5, $6)', [at, actor, action, account, subject, JSON.stringify(details)])
}
