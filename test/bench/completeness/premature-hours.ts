import type pg from 'pg'
import { inSnapshot } from '../../../src/db/transaction.js'
import { loadHours } from '../../../src/reconcile/gaps/hours.js'
import { settlesAfterMs } from '../../../src/reconcile/look-back.js'
import { COMPARED, rowsOf, type TrueRow, unequalFieldsOf } from './compare.js'

const HOUR_MS = 3_600_000
const LONGEST_CALL_MS = 12 * HOUR_MS

/** When a true row of each kind began. */
const STARTS: Readonly<Record<string, string>> = { calls: 'startedAt', voicemails: 'leftAt', messages: 'sentAt' }
/** People read and remove what was complete before. */
const CHANGED_LATER: ReadonlySet<string> = new Set(['read', 'removedAt'])

export interface HourCheck {
  /** Hours, by number, that are called complete. */
  complete: number
  /** What is missing or unequal in them: one line for each row. */
  premature: string[]
}

/**
 * Compares what began in the hours that are called complete with the truth of an instant before.
 *
 * @param truth  as it was before this is called, so that nothing of it can be too young
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
      const own = states?.get(String(number))
      // a number without a row had no activity, as far as is known: the others speak for the hour
      return own === undefined ? [...(states?.values() ?? [])].includes('complete') : own === 'complete'
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
