import { ROUNDING_MS } from './durations.js'
import type { CallRow } from './facts.js'
import type { EndedLeg } from './outcome.js'
import type { MergedReport } from './reported.js'

export interface CallSpan {
  direction: CallRow['direction']
  startedAt: number
  endedAt: number | null
  /** Null until the call has ended. */
  reported: MergedReport | null
}

/** The answered legs; in an internal call those of colleagues, who are the ones that answered. */
function conversationsIn(legs: readonly EndedLeg[], direction: CallRow['direction']): EndedLeg[] {
  const answered = legs.filter(leg => leg.result === 'answered')
  const ofColleagues = direction === 'internal' ? answered.filter(leg => leg.role !== 'dialer') : []
  return ofColleagues.length > 0 ? ofColleagues : answered
}

/**
 * Finds the leg that was answered first. When a webhook of an answer was lost, its time is unknown; then the extension
 * that REST marks as the first comes before the answers with a time, unless it began to ring after one of them.
 */
export function firstAnswerIn(legs: readonly EndedLeg[], { direction, reported }: CallSpan): EndedLeg | null {
  const conversations = conversationsIn(legs, direction)
  const timed = conversations.filter(leg => leg.connectedAt !== null)
  const earliest = timed.reduce<EndedLeg | null>(
    (first, leg) => (first && timeOf(first) <= timeOf(leg) ? first : leg),
    null
  )
  const reportedFirst = reported?.parties.find(party => party.first)?.extension
  const untimed = conversations.find(leg => leg.connectedAt === null && leg.extension === reportedFirst)
  if (untimed && (!earliest || (untimed.ringingAt ?? 0) <= timeOf(earliest))) return untimed
  return earliest ?? conversations[0] ?? null
}

/**
 * Adds the time of the first answer when only REST, or the duration of the call, tells of it. The caller of an internal
 * call is connected when the colleague is.
 * @param recordedFrom  when the recording began; null when that is not known
 */
export function withAnswerTime(
  legs: readonly EndedLeg[],
  span: CallSpan,
  recordedFrom: number | null
): readonly EndedLeg[] {
  const first = firstAnswerIn(legs, span)
  const connectedAt = first && (first.connectedAt ?? derivedAnswer(first, legs, { ...span, recordedFrom }))
  if (connectedAt === null) return legs
  const isUntimedCaller = ({ role, result, connectedAt }: EndedLeg) =>
    span.direction === 'internal' && role === 'dialer' && result === 'answered' && connectedAt === null
  return legs.map(leg => (leg === first || isUntimedCaller(leg) ? { ...leg, connectedAt } : leg))
}

/**
 * A call is recorded from its first answer to its end. Nothing is derived when that contradicts what webhooks reported,
 * or when several legs lack a time and REST marks none of them as the first.
 */
function derivedAnswer(
  first: EndedLeg,
  legs: readonly EndedLeg[],
  { direction, startedAt, endedAt, reported, recordedFrom }: CallSpan & { recordedFrom: number | null }
): number | null {
  if (recordedFrom === null || endedAt === null) return null
  const conversations = conversationsIn(legs, direction)
  const isMarked = reported?.parties.some(party => party.first && party.extension === first.extension)
  if (conversations.length > 1 && !isMarked) return null
  const latest = Math.min(
    first.completedAt ?? endedAt,
    endedAt,
    ...conversations.flatMap(({ connectedAt }) => connectedAt ?? [])
  )
  if (recordedFrom > latest + ROUNDING_MS) return null
  return Math.min(Math.max(recordedFrom, first.ringingAt ?? startedAt), latest)
}

function timeOf(leg: EndedLeg): number {
  return leg.connectedAt ?? Number.POSITIVE_INFINITY
}
