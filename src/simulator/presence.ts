import type { StatusReported } from '../events/status.js'
import { randomMoment, restEnvelope, type Setting } from './fact.js'
import type { Staff } from './staff.js'
import type { TruePresence } from './truth.js'

export interface SimulatedPresence {
  facts: StatusReported[]
  /** Ordered by extension, then time. */
  presences: TruePresence[]
}

/** Simulates presence changes of the agents whose user key is known. The REST API reports no presence of the others. */
export function simulatePresence(setting: Setting, staff: Staff, changes: number): SimulatedPresence {
  const { account, random } = setting
  const extensions = staff.agents.filter((_, i) => i === 0 || random.chance(0.6)).map(agent => agent.extension)
  const moments = Array.from({ length: changes }, () => randomMoment(setting)).sort((a, b) => a - b)
  const newest = new Map<string, TruePresence>()
  const presences: TruePresence[] = []
  const facts = moments.map((moment): StatusReported => {
    const extension = random.pick(extensions)
    const span = newest.get(extension)
    const at = Math.max(moment, (span?.seenAt ?? 0) + 1) // two facts of one instant would contradict each other
    const presence = span
      ? random.chance(0.15)
        ? span.presence
        : otherPresence(span.presence)
      : random.pick(['available', 'dnd'] as const)
    if (span?.presence === presence) {
      span.seenAt = at
    } else {
      if (span) span.until = at
      const next: TruePresence = { account, extension, since: at, until: null, presence, source: 'rest', seenAt: at }
      newest.set(extension, next)
      presences.push(next)
    }
    return { type: 'status.reported', extension, route: 'presence', presence, ...restEnvelope(setting, at) }
  })
  return { facts, presences: presences.sort((a, b) => compare(a.extension, b.extension) || a.since - b.since) }
}

function otherPresence(presence: TruePresence['presence']): TruePresence['presence'] {
  return presence === 'dnd' ? 'available' : 'dnd'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
