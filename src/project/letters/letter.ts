import { audit } from '../../access/audit.js'
import type { LETTER_STATES } from '../../db/schema/dead-letters.js'
import type { Tx } from '../../db/transaction.js'
import { NotFoundError } from '../../errors.js'

export type LetterState = typeof LETTER_STATES[number]

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
export async function findLetter (tx: Tx, id: string): Promise<Letter> {
  const { rows: [letter] } = await tx.query<Letter>('select state, account, value from dead_letters where id = $1', [id])
  if (!letter) throw new NotFoundError('dead letter')
  return letter
}

/** With the letter, and in the audit log. */
export async function noteAction (tx: Tx, { letterId, account, action, by, code, reason, at }: LetterAction): Promise<void> {
  await tx.query('insert into dead_letter_actions (letter_id, action, acted_by, code, reason, acted_at) values ($1, $2, $3, $4, $5, $6)', [letterId, action, by, code, reason, at])
  await audit(tx, { at, actor: by, action: `dead-letter.${action}`, account, subject: letterId })
}
