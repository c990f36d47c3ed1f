import {
  type CallParties,
  type CallTimings,
  type TrueCall,
  type TrueLeg,
  type TrueOutcome,
  timingsOf
} from './true-call.js'

/** The state of a call at an instant as far as webhooks can show it; has the shape of the read model's fold. */
export interface CallAt extends CallParties, CallTimings {
  state: 'waiting' | 'ringing' | 'connected' | 'ended'
  outcome: TrueOutcome | null
  restEvents: 0
  legs: TrueLeg[]
}

/** Returns the state of the call that webhooks had reported by an instant, or `null` when it had not started. */
export function callAt(call: TrueCall, instant: number): CallAt | null {
  const { businessNumber, clientName, startedAt, notifiedAt } = call
  if (instant < startedAt) return null
  const legs = call.legs.flatMap((leg, i) =>
    leg.ringingAt <= instant ? [legAt(leg, call.ringingStoppedAt[i] ?? null, instant)] : []
  )
  const { direction, clientNumber } = partiesAt(call, legs)
  const endedAt = call.endedAt <= instant ? call.endedAt : null
  const notified = notifiedAt.filter(at => at <= instant)
  return {
    direction,
    businessNumber,
    clientNumber,
    clientName,
    startedAt,
    state: endedAt !== null ? 'ended' : stateOf(legs),
    outcome: endedAt !== null ? call.outcome : null,
    endedAt,
    lastEventAt: notified.at(-1) ?? startedAt,
    webhookEvents: notified.length,
    restEvents: 0,
    legs,
    ...timingsOf(legs, { direction, startedAt, endedAt })
  }
}

/** Until the colleague's phone rings, a call to an extension cannot be told from one to a short number. */
function partiesAt(
  { direction, clientNumber, legs: all }: TrueCall,
  legs: readonly TrueLeg[]
): Pick<CallParties, 'direction' | 'clientNumber'> {
  const colleague = all.find(leg => leg.role === 'agent')
  if (direction !== 'internal' || !colleague || legs.some(leg => leg.role === 'agent'))
    return { direction, clientNumber }
  return { direction: 'outbound', clientNumber: colleague.extension }
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
