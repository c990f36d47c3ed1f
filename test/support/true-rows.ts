import type { Call } from '../../src/project/models/calls/fold.js'
import type { CallAt } from '../../src/simulator/call-at.js'
import type { TrueCall } from '../../src/simulator/true-call.js'

/** What webhooks alone tell of a call, in the shape of the fold. */
export function asFolded({ legs, ...call }: CallAt): Call {
  return {
    ...call,
    recordingId: null,
    recordingLink: null,
    legs: legs.map(leg => ({
      ...leg,
      result: leg.connectedAt !== null ? 'answered' : leg.endedAt === null ? null : 'unanswered'
    }))
  }
}

/** The same once REST has told the rest of it. */
export function withRest(call: Call, { withRest }: TrueCall, restEvents: number): Call {
  return { ...call, ...withRest, restEvents }
}
