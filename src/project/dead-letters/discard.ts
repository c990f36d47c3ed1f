import type pg from 'pg'
import { inTransaction } from '../../db/transaction.js'
import { LetterRedrivenError } from '../../errors.js'
import { findLetter, noteAction } from '../letters/letter.js'

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
export async function discard (id: string, { pool, now, by, reason }: DiscardOptions): Promise<boolean> {
  return inTransaction(pool, async tx => {
    const { rows: [letter] } = await tx.query<{ account: string | null }>("update dead_letters set state = 'discarded' where id = $1 and state = 'dead' returning account", [id])
    if (letter) {
      await noteAction(tx, { letterId: id, account: letter.account, action: 'discarded', by, code: null, reason, at: now })
      return true
    }
    const { state } = await findLetter(tx, id)
    if (state === 'redriven') throw new LetterRedrivenError()
    return false
  })
}
