import type { Presence, StatusReported } from '../events/status.js'
import { randomMoment, restEnvelope, type Setting } from './fact.js'
import type { Random } from './random.js'
import type { Staff } from './staff.js'
import type { TruePresence } from './truth.js'

export interface SimulatedPresence {
  facts: StatusReported[]
  /** Ordered by extension, then time. */
  presences: TruePresence[]
}

interface PresenceChange {
  at: number
  extension: string
  /** Unless given, it is drawn when the change comes, and may be the same as before. */
  presence?: Presence
}

/** Simulates presence changes of the agents whose user key is known. The REST API reports no presence of the others. */
export function simulatePresence(
  setting: Setting,
  staff: Staff,
  { changes, isStaffed = false }: { changes: number; isStaffed?: boolean }
): SimulatedPresence {
  const { account, random } = setting
  const extensions = staff.agents.filter((_, i) => i === 0 || random.chance(0.6)).map(agent => agent.extension)
  const moments = Array.from({ length: changes }, () => randomMoment(setting)).sort((a, b) => a - b)
  const planned: Iterable<PresenceChange> = isStaffed
    ? shortBreaks(random, extensions, moments)
    : (function* () {
        for (const at of moments) yield { at, extension: random.pick(extensions) }
      })()
  const newest = new Map<string, TruePresence>()
  const presences: TruePresence[] = []
  const facts: StatusReported[] = []
  for (const { extension, ...change } of planned) {
    const span = newest.get(extension)
    const at = Math.max(change.at, (span?.seenAt ?? 0) + 1) // two facts of one instant would contradict each other
    const presence =
      change.presence ??
      (span
        ? random.chance(0.15)
          ? span.presence
          : otherPresence(span.presence)
        : random.pick(['available', 'dnd'] as const))
    if (span?.presence === presence) {
      span.seenAt = at
    } else {
      if (span) span.until = at
      const next: TruePresence = { account, extension, since: at, until: null, presence, source: 'rest', seenAt: at }
      newest.set(extension, next)
      presences.push(next)
    }
    facts.push({ type: 'status.reported', extension, route: 'presence', presence, ...restEnvelope(setting, at) })
  }
  return { facts, presences: presences.sort((a, b) => compare(a.extension, b.extension) || a.since - b.since) }
}

const BREAK_MINUTES = { least: 5, most: 30 }

/** Breaks that begin at these moments, of an agent who is not in one. */
function shortBreaks(random: Random, extensions: readonly string[], moments: readonly number[]): PresenceChange[] {
  const backAt = new Map<string, number>()
  const changes = moments.flatMap((at): PresenceChange[] => {
    const extension = random.pick(extensions)
    if (at <= (backAt.get(extension) ?? 0)) return []
    const until = at + random.int(BREAK_MINUTES.least, BREAK_MINUTES.most) * 60_000
    backAt.set(extension, until)
    return [
      { at, extension, presence: 'dnd' },
      { at: until, extension, presence: 'available' }
    ]
  })
  return changes.sort((a, b) => a.at - b.at)
}

function otherPresence(presence: Presence): Presence {
  return presence === 'dnd' ? 'available' : 'dnd'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
