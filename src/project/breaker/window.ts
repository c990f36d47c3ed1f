import type { Offset, StoredRecord } from '../../event-log/port.js'
import { entityOf } from '../../events/event.js'
import { type DeadLetter, refusalOf } from '../batch/dead-letters.js'
import type { DecodedRecord } from '../batch/decode.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { entityKey } from '../stored-events.js' /** What became of a record: null when it was projected, otherwise what failed. The same entity fails once, however many records it has. */
export type Outcome = string | null

/** More failures than a mistake of some sender explains. */
export interface Excess {
  /** How many were looked at. */
  records: number
  failed: number
}

export interface FailureWindow {
  /** What these records, after those that were noted, would make too much; null: nothing. */
  excessWith: (outcomes: readonly Outcome[]) => Excess | null
  /** Once they are committed. */
  note: (outcomes: readonly Outcome[]) => void
  clear: () => void
}

const RECORDS = 2_000
const LEAST_FAILED = 20
const BEARABLE_SHARE = 0.01

/** The outcomes of the last 2,000 records: too much is more than 1 % of them, and at least 20. */
export function createFailureWindow(): FailureWindow {
  let last: Outcome[] = []
  return {
    excessWith: outcomes => (outcomes.every(outcome => outcome === null) ? null : findExcess(last, outcomes)),
    note: outcomes => {
      last = [...last, ...outcomes].slice(-RECORDS)
    },
    clear: () => {
      last = []
    }
  }
}

/** After each of the new records, since what a large batch begins with may be out of sight at its end. */
function findExcess(before: readonly Outcome[], outcomes: readonly Outcome[]): Excess | null {
  const all = [...before, ...outcomes]
  const failing = new Map<string, number>()
  const count = (outcome: Outcome | undefined, by: 1 | -1) => {
    if (typeof outcome !== 'string') return
    const records = (failing.get(outcome) ?? 0) + by
    if (records === 0) failing.delete(outcome)
    else failing.set(outcome, records)
  }
  for (const [i, outcome] of all.entries()) {
    count(outcome, 1)
    count(all[i - RECORDS], -1)
    const records = Math.min(i + 1, RECORDS)
    const isWhole = records === RECORDS || i === all.length - 1 // the first few say nothing yet
    if (i >= before.length && isWhole && failing.size >= LEAST_FAILED && failing.size > records * BEARABLE_SHARE)
      return { records, failed: failing.size }
  }
  return null
}

export interface BatchFailures {
  decoded: readonly DecodedRecord[]
  deadLetters: readonly DeadLetter[]
  failures: readonly FailedEntity[]
}

/** What became of each of the records behind an offset, in their order. */
export function outcomesOf(
  records: readonly StoredRecord[],
  { decoded, deadLetters, failures }: BatchFailures,
  behind: Offset
): Outcome[] {
  if (deadLetters.length + failures.length === 0) return records.filter(({ offset }) => offset > behind).map(() => null)
  const dead = new Set(deadLetters.map(({ record }) => record))
  const failed = new Set(failures.map(({ entity }) => entityKey(entity)))
  const keys = new Map(decoded.map(({ record, event }) => [record, entityKey(entityOf(event))]))
  return records
    .filter(({ offset }) => offset > behind)
    .map(record => {
      if (dead.has(record)) return `${record.topic}/${record.partition}@${record.offset}`
      const key = keys.get(record)
      return key !== undefined && failed.has(key) ? key : null
    })
}

/** The code of most of the failures. */
export function commonCode({ deadLetters, failures }: BatchFailures): string {
  const counts = new Map<string, number>()
  for (const code of [...deadLetters.map(({ err }) => refusalOf(err).code), ...failures.map(({ failed }) => failed)])
    counts.set(code, (counts.get(code) ?? 0) + 1)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0] ?? 'none'
}
