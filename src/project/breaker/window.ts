import type { Offset, StoredRecord } from '../../event-log/port.js'
import { entityOf } from '../../events/event.js'
import { type DeadLetter, refusalOf } from '../batch/dead-letters.js'
import type { DecodedRecord } from '../batch/decode.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { entityKey } from '../stored-events.js'

/**
 * The result of a record: null when it was projected, otherwise a key of what failed. All records of an entity that
 * could not be folded have the same key, so that the entity counts once.
 */
export type RecordResult = string | null

/** More failures than the limit allows. */
export interface Excess {
  /** The number of records in the window. */
  records: number
  failed: number
}

export interface FailureWindow {
  /** The excess that these results would cause after those that were added; null when they stay within the limit. */
  excessWith: (results: readonly RecordResult[]) => Excess | null
  /** Adds the results of a committed batch. */
  add: (results: readonly RecordResult[]) => void
  clear: () => void
}

const WINDOW_RECORDS = 2_000
const MIN_FAILED = 20
const MAX_FAILED_SHARE = 0.01

/** The results of the last 2,000 records. The limit is exceeded by more than 1 % failures, and at least 20. */
export function createFailureWindow(): FailureWindow {
  let last: RecordResult[] = []
  return {
    excessWith: results => (results.every(result => result === null) ? null : findExcess(last, results)),
    add: results => {
      last = [...last, ...results].slice(-WINDOW_RECORDS)
    },
    clear: () => {
      last = []
    }
  }
}

/** Checks the window after each new record, since a large batch may be longer than the window. */
function findExcess(before: readonly RecordResult[], results: readonly RecordResult[]): Excess | null {
  const all = [...before, ...results]
  const failing = new Map<string, number>()
  const count = (result: RecordResult | undefined, by: 1 | -1) => {
    if (typeof result !== 'string') return
    const records = (failing.get(result) ?? 0) + by
    if (records === 0) failing.delete(result)
    else failing.set(result, records)
  }
  for (const [i, result] of all.entries()) {
    count(result, 1)
    count(all[i - WINDOW_RECORDS], -1)
    const records = Math.min(i + 1, WINDOW_RECORDS)
    // A window that is not full yet is judged only at its end: its first few records say little about the share.
    const isJudged = records === WINDOW_RECORDS || i === all.length - 1
    if (i >= before.length && isJudged && failing.size >= MIN_FAILED && failing.size > records * MAX_FAILED_SHARE)
      return { records, failed: failing.size }
  }
  return null
}

export interface BatchFailures {
  decoded: readonly DecodedRecord[]
  deadLetters: readonly DeadLetter[]
  failures: readonly FailedEntity[]
}

/** The results of the records after an offset, in their order. */
export function resultsOf(
  records: readonly StoredRecord[],
  { decoded, deadLetters, failures }: BatchFailures,
  after: Offset
): RecordResult[] {
  if (deadLetters.length + failures.length === 0) return records.filter(({ offset }) => offset > after).map(() => null)
  const dead = new Set(deadLetters.map(({ record }) => record))
  const failed = new Set(failures.map(({ entity }) => entityKey(entity)))
  const keys = new Map(decoded.map(({ record, event }) => [record, entityKey(entityOf(event))]))
  return records
    .filter(({ offset }) => offset > after)
    .map(record => {
      if (dead.has(record)) return `${record.topic}/${record.partition}@${record.offset}`
      const key = keys.get(record)
      return key !== undefined && failed.has(key) ? key : null
    })
}

/** The most frequent code among the failures. */
export function commonCode({ deadLetters, failures }: BatchFailures): string {
  const counts = new Map<string, number>()
  for (const code of [...deadLetters.map(({ err }) => refusalOf(err).code), ...failures.map(({ failed }) => failed)])
    counts.set(code, (counts.get(code) ?? 0) + 1)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0] ?? 'none'
}
