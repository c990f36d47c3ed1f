import type pg from 'pg'
import { audit } from '../../access/audit-log.js'
import type { DEAD_LETTER_ACTIONS, DEAD_LETTER_STATES } from '../../db/schema/dead-letters.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import { LetterRedrivenError, NotFoundError } from '../../errors.js'

export interface DiscardOptions {
  pool: pg.Pool
  now: Date
  /** Who requested it. */
  by: string
  /** The reason given. */
  reason: string | null
}

/**
 * Marks a dead letter as discarded. It is kept and can still be redriven.
 * @returns false when it was already discarded
 * @throws NotFoundError        when there is no such dead letter
 * @throws LetterRedrivenError  when it was redriven
 */
export async function discardDeadLetter(id: string, { pool, now, by, reason }: DiscardOptions): Promise<boolean> {
  return inTransaction(pool, async tx => {
    const {
      rows: [deadLetter]
    } = await tx.query<{ account: string | null }>(
      "update dead_letters set state = 'discarded' where id = $1 and state = 'dead' returning account",
      [id]
    )
    if (deadLetter) {
      await recordAction(tx, {
        deadLetterId: id,
        account: deadLetter.account,
        action: 'discarded',
        by,
        code: null,
        reason,
        at: now
      })
      return true
    }
    const { state } = await findDeadLetter(tx, id)
    if (state === 'redriven') throw new LetterRedrivenError()
    return false
  })
}

export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number]

export interface DeadLetterRow {
  state: DeadLetterState
  /** `null` when unknown. */
  account: string | null
  value: Buffer | null
}

export interface DeadLetterAction {
  deadLetterId: string
  account: string | null
  action: (typeof DEAD_LETTER_ACTIONS)[number]
  /** The name of an API key, or another actor of the audit log. */
  by: string
  code: string | null
  reason: string | null
  at: Date
}

/** @throws NotFoundError  when there is no dead letter with this id */
export async function findDeadLetter(tx: Tx, id: string): Promise<DeadLetterRow> {
  const {
    rows: [deadLetter]
  } = await tx.query<DeadLetterRow>('select state, account, value from dead_letters where id = $1', [id])
  if (!deadLetter) throw new NotFoundError('dead letter')
  return deadLetter
}

/** Records an action with the dead letter and in the audit log. */
export async function recordAction(
  tx: Tx,
  { deadLetterId, account, action, by, code, reason, at }: DeadLetterAction
): Promise<void> {
  await tx.query(
    `insert into dead_letter_actions (letter_id, action, acted_by, code, reason, acted_at)
    values ($1, $2, $3, $4, $5, $6)`,
    [deadLetterId, action, by, code, reason, at]
  )
  await audit(tx, { at, actor: by, action: `dead-letter.${action}`, account, subject: deadLetterId })
}
