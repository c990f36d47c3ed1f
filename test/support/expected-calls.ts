import type { Call } from '../../src/project/models/calls/fold.js'
import type { CallAt } from '../../src/simulator/call-at.js'
import type { TrueCall } from '../../src/simulator/true-call.js'

/** Converts a true call to the row that the fold must produce from webhooks alone. */
export function expectedCall({ legs, ...call }: CallAt): Call {
  return {
    ...call,
    clientCallable: call.clientNumber?.startsWith('+') === true,
    recordingId: null,
    recordingLink: null,
    legs: legs.map(leg => ({
      ...leg,
      result: leg.connectedAt !== null ? 'answered' : leg.endedAt === null ? null : 'unanswered'
    }))
  }
}

/** Returns the row that the fold must produce once REST has reported the call as well. */
export function withRestFacts(call: Call, { withRest }: TrueCall, restEvents: number): Call {
  return { ...call, ...withRest, restEvents }
}
