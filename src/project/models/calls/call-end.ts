import { type CallFact, endsCall } from './facts.js'
import { foldLegs, type Leg } from './legs.js'

/**
 * Folds the legs up to the end of the call, and finds that end. Facts after it have no effect: an ended call does not
 * open again.
 */
export function foldUntilEnd(facts: CallFact[], callee: string | null): { legs: Leg[]; endedAt: number | null } {
  const completed = facts.findIndex(endsCall)
  const untilCompleted = completed === -1 ? facts : facts.slice(0, completed + 1)
  const legs = foldLegs(untilCompleted, callee)
  const hungUp = untilCompleted.findIndex(fact => isHangUp(fact, legs))
  const end = hungUp === -1 ? completed : hungUp
  const endedAt = facts[end]?.at ?? null
  if (endedAt === null) return { legs, endedAt }
  const ended = foldLegs(facts.slice(0, end + 1), callee)
  for (const leg of ended) leg.endedAt ??= endedAt
  return { legs: ended, endedAt }
}

/** An outgoing call also ends when its caller hangs up while no other leg is open or opens later. */
function isHangUp(fact: CallFact, legs: Leg[]): boolean {
  if (fact.type !== 'call.completed' || fact.extension === '' || fact.isLegOnly) return false
  const dialer = legs.find(leg => leg.role === 'dialer')
  // Without OutgoingCall, which may be lost, there is no dialer, but OutgoingCallCompleted names the caller's
  // extension.
  if (dialer ? fact.extension !== dialer.extension : fact.family !== 'outgoing') return false
  const others = legs.filter(leg => (dialer ? leg !== dialer : leg.extension !== fact.extension))
  return !others.some(leg => leg.endedAt === null || leg.endedAt > fact.at)
}
