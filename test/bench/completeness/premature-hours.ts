import type pg from 'pg'
import { inSnapshot } from '../../../src/db/transaction.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { loadHours } from '../../../src/reconcile/gaps/hours.js'
import { settlesAfterMs } from '../../../src/reconcile/look-back.js'
import { COMPARED, rowsOf, type TrueRow, unequalFieldsOf } from './compare.js'

const LONGEST_CALL_MS = 12 * HOUR_MS

/** The start time of a true row of each kind. */
const STARTS: Readonly<Record<string, string>> = { calls: 'startedAt', voicemails: 'leftAt', messages: 'sentAt' }
/** Fields that people change after an hour is complete. */
const CHANGED_LATER: ReadonlySet<string> = new Set(['read', 'removedAt'])

export interface HourCheck {
  /** The number of complete hours, counted per business number. */
  complete: number
  /** One line for each row in them that is missing or differs. */
  premature: string[]
}

/**
 * Compares the rows that started in complete hours with an earlier state of the truth.
 *
 * @param truth  read before the call, so that nothing in it is newer than the completeness
 */
export async function checkCompleteHours(
  pool: pg.Pool,
  truth: Readonly<Record<string, TrueRow[]>>,
  { since, until }: { since: Date; until: Date }
): Promise<HourCheck> {
  const span = { accounts: ['default'], since, until, businessNumbers: null }
  return inSnapshot(pool, async tx => {
    const hours = await loadHours(tx, { ...span, settlesAfterMs: settlesAfterMs(LONGEST_CALL_MS) })
    const byHour = new Map<number, Map<string | null, string>>()
    for (const { hour, businessNumber, state } of hours) {
      const states = byHour.get(hour.getTime()) ?? new Map<string | null, string>()
      byHour.set(hour.getTime(), states.set(businessNumber, state))
    }
    const isComplete = (at: number, number: unknown) => {
      const states = byHour.get(Math.floor(at / HOUR_MS) * HOUR_MS)
      const state = states?.get(String(number))
      // a number without a row had no known activity; the other numbers decide
      return state === undefined ? [...(states?.values() ?? [])].includes('complete') : state === 'complete'
    }
    const premature: string[] = []
    for (const compared of COMPARED) {
      const rows = await rowsOf(tx, compared)
      const fields = compared.fields.filter(field => !CHANGED_LATER.has(field))
      for (const expected of truth[compared.name] ?? []) {
        const id = String(expected[compared.id] ?? expected.id)
        if (!isComplete(Number(expected[STARTS[compared.name] ?? '']), expected.businessNumber)) continue
        const row = rows.get(id)
        const wrong = row ? unequalFieldsOf({ ...compared, fields }, row, expected) : ['missing']
        const isOpen = compared.name === 'calls' && expected.state !== 'ended' // it can still appear or change
        if (wrong.length > 0 || isOpen) premature.push(`${compared.name} ${id}: ${wrong.join(', ') || 'in progress'}`)
      }
    }
    return { complete: hours.filter(({ state }) => state === 'complete').length, premature }
  })
}
