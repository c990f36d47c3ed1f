import { type CallTimings, timingsOf, type CallParties, type TrueCall, type TrueLeg, type TrueOutcome } from './true-call.js'

/** What webhooks can tell of a call at some instant: the shape of the fold. */
export interface CallAt extends CallParties, CallTimings {
  state: 'waiting' | 'ringing' | 'connected' | 'ended'
  outcome: TrueOutcome | null
  restEvents: 0
  legs: TrueLeg[]
}

/** What webhooks had told of the call at an instant, or null when it had not begun. */
export function callAt(call: TrueCall, instant: number): CallAt | null {
  const { direction, businessNumber, clientNumber, clientName, startedAt, notifiedAt } = call
  if (instant < startedAt) return null
  const legs = call.legs.flatMap((leg, i) =>
    leg.ringingAt <= instant ? [legAt(leg, call.ringingStoppedAt[i] ?? null, instant)] : []
  )
  const endedAt = call.endedAt <= instant ? call.endedAt : null
  const told = notifiedAt.filter(at => at <= instant)
  return {
    direction,
    businessNumber,
    clientNumber,
    clientName,
    startedAt,
    state: endedAt !== null ? 'ended' : stateOf(legs),
    outcome: endedAt !== null ? call.outcome : null,
    endedAt,
    lastEventAt: told.at(-1) ?? startedAt,
    webhookEvents: told.length,
    restEvents: 0,
    legs,
    ...timingsOf(direction, startedAt, endedAt, legs)
  }
}

function legAt(leg: TrueLeg & { endedAt: number }, stoppedAt: number | null, instant: number): TrueLeg {
  const isConnected = leg.connectedAt !== null && leg.connectedAt <= instant
  const until = isConnected ? leg.endedAt : (stoppedAt ?? leg.endedAt)
  return { ...leg, connectedAt: isConnected ? leg.connectedAt : null, endedAt: until <= instant ? until : null }
}

function stateOf(legs: readonly TrueLeg[]): CallAt['state'] {
  const open = legs.filter(leg => leg.endedAt === null)
  if (open.some(leg => leg.connectedAt !== null)) return 'connected'
  return open.length > 0 ? 'ringing' : 'waiting'
}
