import type { EndedLeg } from './outcome.js'

interface Interval {
  from: number
  to: number
}

/** How long after its last conversation the end of a call is reported at most. */
const HANG_UP_MS = 2_000

/**
 * The time in which at least one conversation went on, in milliseconds. Null when there was none, and when a
 * conversation whose start or end is unknown may have added to it.
 */
export function talkMillis(
  legs: readonly EndedLeg[],
  { startedAt, endedAt }: { startedAt: number; endedAt: number | null }
): number | null {
  if (endedAt === null) return null
  const conversations = legs.filter(leg => leg.result === 'answered')
  const unionUntil = (endOf: (leg: EndedLeg) => number | null) =>
    unionOf(
      conversations.flatMap(leg =>
        leg.connectedAt === null ? [] : [{ from: leg.connectedAt, to: endOf(leg) ?? endedAt }]
      )
    )
  const longest = unionUntil(leg => leg.endedAt)
  const shortest = unionUntil(leg => earliestEndOf(leg, legs, endedAt))
  const isComplete = conversations.every(({ connectedAt, ringingAt, endedAt: to }) => {
    if (connectedAt !== null) return true
    return shortest.some(talk => talk.from <= (ringingAt ?? startedAt) && (to ?? endedAt) <= talk.to)
  })
  const talk = lengthOf(longest)
  return longest.length === 0 || !isComplete || lengthOf(shortest) !== talk ? null : talk
}

/**
 * When no webhook reported the end of a conversation, it lasted until the call ended, unless a colleague took over: one
 * who answered meanwhile and talked until then. In that case it went on at least until the other phone rang, and
 * nothing tells when it ended. A colleague who was only consulted is gone before the end of the call.
 */
function earliestEndOf(leg: EndedLeg, legs: readonly EndedLeg[], callEndedAt: number): number | null {
  const { connectedAt, completedAt, endedAt } = leg
  if (connectedAt === null || completedAt !== null) return endedAt
  const successors = legs.filter(
    other =>
      other.role === 'agent' &&
      other.result === 'answered' &&
      other.extension !== leg.extension &&
      (other.ringingAt ?? other.connectedAt ?? other.endedAt ?? 0) > connectedAt &&
      callEndedAt - (other.endedAt ?? callEndedAt) <= HANG_UP_MS
  )
  if (successors.length === 0) return endedAt
  return Math.min(...successors.map(({ ringingAt }) => ringingAt ?? connectedAt))
}

/**
 * Returns whether the client was lost in a transfer: after a conversation a phone rang, nobody answered it, and nobody
 * talked with the client any more. While a colleague is consulted, the conversation goes on.
 */
export function isLostInTransfer(legs: readonly EndedLeg[]): boolean {
  const conversations = legs.filter(leg => leg.result === 'answered')
  const beganAt = Math.min(...conversations.map(leg => leg.connectedAt ?? leg.ringingAt ?? Number.POSITIVE_INFINITY))
  const endedAt = Math.max(...conversations.map(leg => leg.endedAt ?? Number.POSITIVE_INFINITY))
  return legs.some(leg => {
    // REST reports no times: an extension that only REST reports may have rung before the conversation
    const since = leg.ringingAt ?? leg.stoppedAt ?? leg.completedAt
    return (
      leg.role === 'agent' &&
      leg.result === 'unanswered' &&
      since !== null &&
      since > beganAt &&
      leg.endedAt !== null &&
      leg.endedAt > endedAt
    )
  })
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { from, to }) => sum + to - from, 0)
}

/** Disjoint intervals that cover the same time, in order. */
function unionOf(intervals: readonly Interval[]): Interval[] {
  const union: Interval[] = []
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = union.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else union.push({ from, to })
  }
  return union
}
