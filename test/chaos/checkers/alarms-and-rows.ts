import type { Evidence } from '../evidence.js'

/** Alarms that no outage of a server and no exit of a process may cause. */
const FORBIDDEN = [
  'dead-letter',
  'fold-failed',
  'log-hole',
  'checkpoint-went-back',
  'projector-stopped',
  'log-damage',
  'topic-settings'
]

/** Returns a line for each forbidden alarm in the logs. */
export function wrongAlarms(output: string): string[] {
  const seen = [...output.matchAll(/"alarm":"([^"]+)"/g)].map(found => found[1] ?? '')
  return [...new Set(seen)].filter(name => FORBIDDEN.includes(name)).map(name => `the alarm ${name} was raised`)
}

/** Returns a line for each kind of row that shows a failure. */
export function wrongRows({ failureCounts, rows }: Pick<Evidence, 'failureCounts' | 'rows'>): string[] {
  const { deadLetters, holes, failedEntities } = failureCounts
  return [
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
    ...(holes > 0 ? [`${holes} holes in the log`] : []),
    ...(failedEntities > 0 ? [`${failedEntities} entities could not be folded`] : []),
    ...rows.differing.map(row => `differs from a fresh fold: ${row}`),
    ...rows.failures.map(failure => `cannot be folded: ${failure}`)
  ]
}
