import path from 'node:path'
import { LogFailedError } from '../../errors.js'
import { raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import type { DataLoss } from './read-groups.js'
import type { Segment } from './segments.js'

/** The part of a pino logger that the local log uses. */
export interface LocalLogger {
  warn: (context: object, message: string) => void
  error: (context: object, message: string) => void
}

/** Records that are lost, because the disk or another program changed the file. */
export interface Damage extends DataLoss {
  /** The file name of the segment. */
  segment: string
}

export interface DamageReport {
  report: (segment: Segment, loss: DataLoss) => void
  list: () => readonly Damage[]
}

/** Raises one alarm per damaged range, however many readers find it. */
export function createDamageReport(log: LocalLogger | undefined): DamageReport {
  const known = new Map<string, Damage>()
  return {
    report: (segment, loss) => {
      const damage = { segment: path.basename(segment.path), ...loss }
      const key = `${damage.segment}:${damage.fromByte}`
      if (known.has(key)) return
      known.set(key, damage)
      raiseAlarm(
        log,
        {
          alarm: 'log-damage',
          ...damage,
          lostAfter: isoOrNull(loss.lostAfter),
          lostBefore: isoOrNull(loss.lostBefore)
        },
        loss.isSynced
          ? 'synced records of the event log are damaged; the other ones are used'
          : 'records at the end of the event log are damaged; it is not known whether they were acknowledged'
      )
    },
    list: () => [...known.values()]
  }
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/** Remembers refused writes, for readiness checks and the operator. */
export interface DiskHealth {
  /** Returns the promise of a write and remembers its result. */
  watch: (write: Promise<void>) => Promise<void>
  read: () => string | null
}

/** How long a refusal counts: only traffic shows that there is space again, and an unready process gets no traffic. */
const REFUSAL_MS = 10_000

export function createDiskHealth(log: LocalLogger | undefined, now: () => number): DiskHealth {
  let refusal: { at: number; text: string } | null = null
  return {
    watch: async write => {
      try {
        await write
        if (refusal) resolveAlarm(log, { alarm: 'log-refused' })
        refusal = null
      } catch (err) {
        const final = err instanceof LogFailedError
        const full = codeOf(err) === 'MAX_BYTES'
        const text = full
          ? 'it has reached its maximum size'
          : final
            ? `a sync or truncation failed: ${codeOf(err)}; restart after the disk is repaired`
            : `a write to the disk failed: ${codeOf(err)}`
        if (refusal?.text !== text)
          raiseAlarm(
            log,
            { alarm: final ? 'log-failed' : 'log-refused', code: codeOf(err) },
            final ? 'the event log rejects all appends until a restart' : 'the event log rejected appends'
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
