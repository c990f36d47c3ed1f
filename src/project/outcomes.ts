import { entityOf } from '../events/event.js'
import type { Offset, StoredRecord } from '../event-log/port.js'
import { type DeadLetter, refusalOf } from './batch/dead-letters.js'
import type { DecodedRecord } from './batch/decode.js'
import { entityKey } from './entity-key.js'
import type { Outcome } from './breaker/window.js'
import type { FailedEntity } from './batch/fold-entities.js'

export interface BatchFailures {
  decoded: readonly DecodedRecord[]
  deadLetters: readonly DeadLetter[]
  failures: readonly FailedEntity[]
}

/** What became of each of the records behind an offset, in their order. */
export function outcomesOf (records: readonly StoredRecord[], { decoded, deadLetters, failures }: BatchFailures, behind: Offset): Outcome[] {
  if (deadLetters.length + failures.length === 0) return records.filter(({ offset }) => offset > behind).map(() => null)
  const dead = new Set(deadLetters.map(({ record }) => record))
  const failed = new Set(failures.map(({ entity }) => entityKey(entity)))
  const keys = new Map(decoded.map(({ record, event }) => [record, entityKey(entityOf(event))]))
  return records.filter(({ offset }) => offset > behind).map(record => {
    if (dead.has(record)) return `${record.topic}/${record.partition}@${record.offset}`
    const key = keys.get(record)
    return key !== undefined && failed.has(key) ? key : null
  })
}

/** The code of most of the failures. */
export function commonCode ({ deadLetters, failures }: BatchFailures): string {
  const counts = new Map<string, number>()
  for (const code of [...deadLetters.map(({ err }) => refusalOf(err).code), ...failures.map(({ failed }) => failed)]) counts.set(code, (counts.get(code) ?? 0) + 1)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0] ?? 'none'
}
