import type { EndedLeg } from './outcome.js'
import type { Reported } from './reported.js'

interface Known {
  startedAt: number
  endedAt: number | null
  reported: Reported | null
}

/**
 * The legs, with the time of an answer that only REST knows: the call was recorded from there to its end.
 * REST tells whole seconds, and of one answer: where any webhook told of an answer, or several are untimed and none is
 * called the first, nothing is taken from it.
 */
export function withTimes(legs: EndedLeg[], { startedAt, endedAt, reported }: Known): EndedLeg[] {
  const seconds = reported?.recordingSeconds ?? null
  if (seconds === null || endedAt === null || legs.some(leg => leg.connectedAt !== null)) return legs
  const untimed = legs.filter(leg => leg.result === 'answered')
  const first =
    untimed.length === 1
      ? untimed[0]
      : untimed.find(leg => reported?.parties.some(party => party.first && party.extension === leg.extension))
  if (!first) return legs
  const connectedAt = Math.min(endedAt, Math.max(endedAt - seconds * 1000, first.ringingAt ?? startedAt))
  return legs.map(leg =>
    leg === first
      ? { ...leg, connectedAt, endedAt: leg.endedAt !== null && leg.endedAt > connectedAt ? leg.endedAt : endedAt }
      : leg
  )
}
