import type { FoldedCallEvent } from './facts.js'
import type { Call, CallLeg } from './fold.js'
import { mergeReports } from './reported.js'

/** How long after a phone has stopped ringing a colleague's answer may be the reason: the two have no defined order. */
const STOP_TOLERANCE_MS = 2_000

/** What only statistics need of a call. See docs/statistics.md. */
export interface CallStatistics {
  /** When the first phone of an agent rang; null when that is unknown, as when the answered phone has no ring. */
  firstRingAt: number | null
  /** True when an agent rang or was connected after the first answer. */
  transferred: boolean
  /** The ring group or queue that REST reports. */
  groupId: string | null
}

export function statisticsOf(call: Call, events: readonly FoldedCallEvent[]): CallStatistics {
  const agents = call.legs.filter(leg => leg.role === 'agent')
  const rings = agents.flatMap(leg => leg.ringingAt ?? []).filter(at => at <= (call.answeredAt ?? at))
  return {
    firstRingAt: rings.length === 0 ? null : Math.min(...rings),
    transferred: call.lostInTransfer || agents.some(leg => beganAfter(leg, call.answeredAt)),
    groupId: mergeReports(events.filter(event => event.type === 'call.reported'))?.groupId ?? null
  }
}

function beganAfter({ ringingAt, connectedAt }: CallLeg, answeredAt: number | null): boolean {
  const beganAt = ringingAt ?? connectedAt
  return beganAt !== null && answeredAt !== null && beganAt > answeredAt
}

/** Returns whether an agent did not miss a leg, because a colleague whose phone rang at the same time answered. */
export function isAnsweredElsewhere(leg: CallLeg, legs: readonly CallLeg[]): boolean {
  if (leg.role !== 'agent' || leg.result !== 'unanswered') return false
  return legs.some(
    other =>
      other.role === 'agent' &&
      other.result === 'answered' &&
      other.extension !== leg.extension &&
      rangBefore(other, leg.endedAt) &&
      isReasonToStop(leg, other.connectedAt)
  )
}

/** False when the phone of the colleague began to ring when the leg had ended: one rang after the other. */
function rangBefore({ ringingAt }: CallLeg, endedAt: number | null): boolean {
  return ringingAt === null || endedAt === null || ringingAt < endedAt
}

/** Times that are unknown decide nothing. */
function isReasonToStop({ ringingAt, endedAt }: CallLeg, answeredAt: number | null): boolean {
  if (answeredAt === null) return true
  return (
    (ringingAt === null || answeredAt >= ringingAt) && (endedAt === null || answeredAt <= endedAt + STOP_TOLERANCE_MS)
  )
}
