import path from 'node:path'
import type { Loss } from './read-groups.js'
import type { Segment } from './segments.js'

/** A pino logger fits. */
export interface LocalLogger {
  warn: (context: object, message: string) => void
  error: (context: object, message: string) => void
}

/** Records that had been durable and are lost: the disk, or somebody, changed the file. */
export interface Damage extends Loss {
  /** The name of the file. */
  segment: string
}

export interface DamageReport {
  report: (segment: Segment, loss: Loss) => void
  list: () => readonly Damage[]
}

/** Alarms once for each damaged range, however many readers come across it. */
export function createDamageReport (log: LocalLogger | undefined): DamageReport {
  const known = new Map<string, Damage>()
  return {
    report: (segment, loss) => {
      const damage = { segment: path.basename(segment.path), ...loss }
      const key = `${damage.segment}:${damage.fromByte}`
      if (known.has(key)) return
      known.set(key, damage)
      log?.error({ alarm: 'log-damage', ...damage }, 'a part of the event log is damaged, the rest is used')
    },
    list: () => [...known.values()]
  }
}
