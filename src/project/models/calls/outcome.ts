import type { CallRow } from './facts.js'
import type { Leg } from './legs.js'
import type { MergedReport } from './reported.js'

/** A leg with its result, which is null while the leg is open and unanswered. */
export interface EndedLeg extends Leg {
  result: 'answered' | 'unanswered' | null
}

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
    const { extension, connected, first: isFirst } = party
    if (own.length === 0)
      results.push(
        untimedLeg({ extension, role: roleOf(party, reported), result: connected ? 'answered' : 'unanswered', endedAt })
      )
    else if (connected && !own.some(leg => leg.result === 'answered')) markAnswered(own, { endedAt, isFirst })
  }
  markFirstAnswer(results, reported, endedAt)
  return results
}

/**
 * Marks an earlier attempt of the extension that REST names as the first to answer, when another extension answered
 * before its own answers: only an answer that no webhook reported makes it the first. It may have answered again later,
 * after a transfer back.
 */
function markFirstAnswer(results: readonly EndedLeg[], { parties }: MergedReport, endedAt: number): void {
  const extension = parties.find(party => party.first && party.connected)?.extension
  const own = results.filter(leg => leg.extension === extension)
  const answeredAt = Math.min(...own.flatMap(leg => leg.connectedAt ?? []))
  const isPreceded = results.some(
    leg =>
      leg.extension !== extension &&
      leg.result === 'answered' &&
      (leg.connectedAt ?? leg.ringingAt ?? Number.POSITIVE_INFINITY) < answeredAt
  )
  if (answeredAt === Number.POSITIVE_INFINITY || !isPreceded) return
  const earlier = own.filter(
    leg => leg.result === 'unanswered' && (leg.ringingAt ?? leg.completedAt ?? answeredAt) < answeredAt
  )
  if (earlier.length > 0) markAnswered(earlier, { endedAt, isFirst: true })
}

function roleOf({ role }: MergedReport['parties'][number], { direction }: MergedReport): Leg['role'] {
  return role === 'caller' && (direction === 'outbound' || direction === 'internal') ? 'dialer' : 'agent'
}

/** A leg of which no webhook reported a time. */
export function untimedLeg(leg: Pick<EndedLeg, 'extension' | 'role' | 'result' | 'endedAt'>): EndedLeg {
  return { ...leg, attempt: 1, ringingAt: null, connectedAt: null, stoppedAt: null, completedAt: null }
}

/**
 * Marks the attempt that an extension must have answered, although no webhook reported it. A phone that answers may
 * stop ringing too, so the end of the ringing is not that of the conversation.
 * @param own      the attempts of the extension
 * @param isFirst  true when the extension answered before all others
 */
export function markAnswered(
  own: readonly EndedLeg[],
  { endedAt, isFirst }: { endedAt: number; isFirst: boolean }
): void {
  const unstopped = own.filter(leg => leg.stoppedAt === null)
  const attempt = (isFirst ? unstopped[0] : unstopped.at(-1)) ?? own.at(-1)
  if (!attempt) return
  attempt.result = 'answered'
  attempt.endedAt = attempt.completedAt ?? endedAt
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
