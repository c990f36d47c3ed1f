import type { Leg } from './legs.js'
import type { Direction } from './parties.js'
import type { Reported } from './reported.js'

export type Outcome = 'answered' | 'missed' | 'abandoned' | 'unanswered' | 'voicemail' | 'dropped' | 'canceled'

/** A leg with what became of it; null while it is open and unanswered. */
export interface EndedLeg extends Leg {
  result: 'answered' | 'unanswered' | null
}

/**
 * The legs with their results. Once the call has ended, what REST says of its parties fills in what webhooks missed:
 * a talk without a time, an extension that never showed. It changes nothing that they told.
 */
export function withResults(
  legs: readonly Leg[],
  { endedAt, reported }: { endedAt: number | null; reported: Reported | null }
): EndedLeg[] {
  const results: EndedLeg[] = legs.map(leg => {
    const ended = leg.endedAt ?? endedAt
    return {
      ...leg,
      endedAt: ended,
      result: leg.connectedAt !== null ? 'answered' : ended === null ? null : 'unanswered'
    }
  })
  if (endedAt === null || !reported) return results
  for (const party of reported.parties) {
    const own = results.filter(leg => leg.extension === party.extension)
    const result = party.connected ? 'answered' : 'unanswered'
    const last = own.at(-1)
    if (!last)
      results.push({
        extension: party.extension,
        attempt: 1,
        role: roleOf(party, reported),
        ringingAt: null,
        connectedAt: null,
        endedAt,
        result
      })
    else if (party.connected && !own.some(leg => leg.result === 'answered')) last.result = result
  }
  return results
}

/** Webhooks cannot tell a voicemail from a missed call; REST can, but what somebody answered stays answered. */
export function outcomeOf(legs: readonly EndedLeg[], direction: Direction, reported: Reported | null): Outcome {
  const status = reported?.status ?? null
  if (legs.some(leg => leg.result === 'answered') || status === 'connected') return 'answered'
  if (status === 'voicemail' || status === 'dropped' || status === 'canceled') return status
  if (direction !== 'inbound') return 'unanswered'
  return legs.length > 0 ? 'missed' : 'abandoned'
}

/** The first extension that talked: outbound the caller's own, between colleagues the one who was called. */
export function answeredBy(legs: readonly EndedLeg[], direction: Direction, reported: Reported | null): string | null {
  const talked = legs.filter(leg => leg.result === 'answered' && !(direction === 'internal' && leg.role === 'dialer'))
  const first = talked.reduce<EndedLeg | null>(
    (first, leg) => (first && instantOf(first) <= instantOf(leg) ? first : leg),
    null
  )
  if (first && first.connectedAt !== null) return first.extension || null
  const told = reported?.parties.find(party => party.first)?.extension
  return (talked.some(leg => leg.extension === told) ? told : first?.extension) || null
}

/** An answer without a time comes after those with one. */
function instantOf(leg: EndedLeg): number {
  return leg.connectedAt ?? Number.POSITIVE_INFINITY
}

function roleOf(party: Reported['parties'][number], { direction }: Reported): Leg['role'] {
  return party.role === 'caller' && (direction === 'outbound' || direction === 'internal') ? 'dialer' : 'agent'
}
