import type { Evidence } from '../evidence.js'

/** What no outage of a server and no end of a process excuses. */
const FORBIDDEN = [
  'dead-letter',
  'fold-failed',
  'log-hole',
  'checkpoint-went-back',
  'projector-stopped',
  'log-damage',
  'topic-settings'
]

/** A line for each alarm in the logs that should not be there. */
export function wrongAlarms(output: string): string[] {
  const seen = [...output.matchAll(/"alarm":"([^"]+)"/g)].map(found => found[1] ?? '')
  return [...new Set(seen)].filter(name => FORBIDDEN.includes(name)).map(name => `the alarm ${name} was raised`)
}

/** A line for each kind of row that tells of something that went wrong. */
export function wrongRows({ setAside, rows }: Pick<Evidence, 'setAside' | 'rows'>): string[] {
  const { deadLetters, holes, failedEntities } = setAside
  return [
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
    ...(holes > 0 ? [`${holes} holes in the log`] : []),
    ...(failedEntities > 0 ? [`${failedEntities} entities could not be folded`] : []),
    ...rows.differing.map(row => `differs from a cold fold: ${row}`),
    ...rows.failures.map(failure => `cannot be folded: ${failure}`)
  ]
}
