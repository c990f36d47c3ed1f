import type pg from 'pg'
import { audit } from '../../access/audit-log.js'
import type { LETTER_STATES } from '../../db/schema/dead-letters.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import { LetterRedrivenError, NotFoundError } from '../../errors.js'

export interface DiscardOptions {
  pool: pg.Pool
  now: Date
  /** Who wants it. */
  by: string
  /** Why, in words. */
  reason: string | null
}

/**
 * Notes that a dead letter needs nothing more. It is kept, and can still be redriven.
 * @returns false: it had been discarded before, and nothing was done
 * @throws NotFoundError        there is no such letter
 * @throws LetterRedrivenError  its event is projected
 */
export async function discard(id: string, { pool, now, by, reason }: DiscardOptions): Promise<boolean> {
  return inTransaction(pool, async tx => {
    const {
      rows: [letter]
    } = await tx.query<{ account: string | null }>(
      "update dead_letters set state = 'discarded' where id = $1 and state = 'dead' returning account",
      [id]
    )
    if (letter) {
      await noteAction(tx, {
        letterId: id,
        account: letter.account,
        action: 'discarded',
        by,
        code: null,
        reason,
        at: now
      })
      return true
    }
    const { state } = await findLetter(tx, id)
    if (state === 'redriven') throw new LetterRedrivenError()
    return false
  })
}

export type LetterState = (typeof LETTER_STATES)[number]

export interface Letter {
  state: LetterState
  /** Null: it cannot be told. */
  account: string | null
  value: Buffer | null
}

export interface LetterAction {
  letterId: string
  account: string | null
  action: 'redriven' | 'refused' | 'discarded'
  /** The name of a key, or what else tells who it was. */
  by: string
  code: string | null
  reason: string | null
  at: Date
}

/** @throws NotFoundError  there is none with this id */
export async function findLetter(tx: Tx, id: string): Promise<Letter> {
  const {
    rows: [letter]
  } = await tx.query<Letter>('select state, account, value from dead_letters where id = $1', [id])
  if (!letter) throw new NotFoundError('dead letter')
  return letter
}

/** With the letter, and in the audit log. */
export async function noteAction(
  tx: Tx,
  { letterId, account, action, by, code, reason, at }: LetterAction
): Promise<void> {
  await tx.query(
    'insert into dead_letter_actions (letter_id, action, acted_by, code, reason, acted_at) values ($1, $2, $3, $4, $5, $6)',
    [letterId, action, by, code, reason, at]
  )
  await audit(tx, { at, actor: by, action: `dead-letter.${action}`, account, subject: letterId })
}
