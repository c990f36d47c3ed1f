import path from 'node:path'
import { LogFailedError } from '../../errors.js'
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
export function createDamageReport(log: LocalLogger | undefined): DamageReport {
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

/** What the disk refused, for readiness and the operator. */
export interface DiskTrouble {
  /** Passes on a write's outcome, and remembers it. */
  watch: (write: Promise<void>) => Promise<void>
  read: () => string | null
}

/**
 * A refused write counts this long: only traffic can tell that there is room again, and what is not ready gets none.
 */
const REFUSAL_MS = 10_000

export function createDiskTrouble(log: LocalLogger | undefined, now: () => number): DiskTrouble {
  let refusal: { at: number; text: string } | null = null
  return {
    watch: async write => {
      try {
        await write
        refusal = null
      } catch (err) {
        const final = err instanceof LogFailedError
        const full = codeOf(err) === 'MAX_BYTES'
        const text = full
          ? 'it is as large as it may be'
          : final
            ? `the disk refused a sync or a truncation: ${codeOf(err)}; restart when it is sound`
            : `the disk refused a write: ${codeOf(err)}`
        const alarm = final ? 'log-failed' : 'log-refused'
        if (refusal?.text !== text)
          log?.error(
            { alarm, code: codeOf(err) },
            final ? 'the event log takes nothing until a restart' : 'the event log refused appends'
          )
        refusal = { at: final ? Infinity : now(), text }
        throw err
      }
    },
    read: () => (refusal && now() - refusal.at < REFUSAL_MS ? refusal.text : null)
  }
}

function codeOf(err: unknown): string {
  const cause = err instanceof Error ? err.cause : null
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown'
}
