import type { FoldedRow } from '../../../db/bulk-sql.js'
import type { callLegs } from '../../../db/schema/calls.js'
import type { CallRow } from './facts.js'
import type { Leg } from './legs.js'
import type { MergedReport } from './reported.js'

/** A leg with its result, which is null while the leg is open and unanswered. */
export type EndedLeg = Omit<FoldedRow<typeof callLegs>, 'account' | 'callId'>

/**
 * The legs with their results. Once the call has ended, the parties that REST reports complete what webhooks missed: an
 * answer without a time, or an extension without a leg. They do not override what webhooks reported.
 */
export function withResults(
  legs: readonly Leg[],
  { endedAt, reported }: { endedAt: number | null; reported: MergedReport | null }
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

/**
 * Adds the time of an answer that only REST reports: the call was recorded from its answer to its end. REST reports
 * whole seconds, and the recording of a single answer. Therefore nothing is derived when a webhook reported an answer,
 * or when several legs lack a time and REST marks none of them as the first.
 */
export function withTimes(
  legs: EndedLeg[],
  { startedAt, endedAt, reported }: { startedAt: number; endedAt: number | null; reported: MergedReport | null }
): EndedLeg[] {
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

/** Only REST distinguishes a voicemail from a missed call, but an answered call stays answered. */
export function outcomeOf(
  legs: readonly EndedLeg[],
  direction: CallRow['direction'],
  reported: MergedReport | null
): NonNullable<CallRow['outcome']> {
  const status = reported?.status ?? null
  if (legs.some(leg => leg.result === 'answered') || status === 'connected') return 'answered'
  if (status === 'voicemail' || status === 'dropped' || status === 'canceled') return status
  if (direction !== 'inbound') return 'unanswered'
  return legs.length > 0 ? 'missed' : 'abandoned'
}

/** The first extension that talked: the caller's own in an outbound call, the called colleague's in an internal one. */
export function answeredBy(
  legs: readonly EndedLeg[],
  direction: CallRow['direction'],
  reported: MergedReport | null
): string | null {
  const talked = legs.filter(leg => leg.result === 'answered' && !(direction === 'internal' && leg.role === 'dialer'))
  const first = talked.reduce<EndedLeg | null>(
    (first, leg) => (first && instantOf(first) <= instantOf(leg) ? first : leg),
    null
  )
  if (first && first.connectedAt !== null) return first.extension || null
  const reportedFirst = reported?.parties.find(party => party.first)?.extension
  return (talked.some(leg => leg.extension === reportedFirst) ? reportedFirst : first?.extension) || null
}

/** An answer without a time is ordered after those with one. */
function instantOf(leg: EndedLeg): number {
  return leg.connectedAt ?? Number.POSITIVE_INFINITY
}

function roleOf(party: MergedReport['parties'][number], { direction }: MergedReport): Leg['role'] {
  return party.role === 'caller' && (direction === 'outbound' || direction === 'internal') ? 'dialer' : 'agent'
}
