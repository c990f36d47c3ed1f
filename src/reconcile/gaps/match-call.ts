import type { CallReported } from '../../events/call.js'
import { GRACE_MS } from './gap-rules.js'

/** How far apart the starts of one call may be, by REST and by webhooks. */
export const MAX_START_DIFFERENCE_MS = 5_000

/** A call that webhooks told under another id, and that no report names. */
export interface Candidate {
  callId: string
  businessNumber: string | null
  clientNumber: string | null
  startedAt: number
}

export type CallMatch =
  | { kind: 'known' } // a webhook has its id
  | { kind: 'linked'; callId: string }
  | { kind: 'held' }
  | { kind: 'created' }

export interface MatchContext {
  isKnown: boolean
  candidates: readonly Candidate[]
  heldAt: number
  now: number
  /** REST and webhooks give calls different ids. */
  haveIdsMismatch: boolean
}

/**
 * Where a call belongs that REST tells: to the one with its id, else to one with the same numbers and nearly the same
 * start, else it waits
 * for its webhooks, and at last it is a call of its own.
 */
export function matchCall(
  call: Pick<CallReported, 'businessNumber' | 'clientNumber' | 'startedAt'>,
  { isKnown, candidates, heldAt, now, haveIdsMismatch }: MatchContext
): CallMatch {
  if (isKnown) return { kind: 'known' }
  const callId = nearest(call, candidates)
  if (callId !== null) return { kind: 'linked', callId }
  return haveIdsMismatch || now < heldAt + GRACE_MS ? { kind: 'held' } : { kind: 'created' }
}

/** One without numbers or a start could be any. */
function nearest(
  { businessNumber, clientNumber, startedAt }: Pick<CallReported, 'businessNumber' | 'clientNumber' | 'startedAt'>,
  candidates: readonly Candidate[]
): string | null {
  if (businessNumber === null || clientNumber === null || startedAt === null) return null
  const at = Date.parse(startedAt)
  const near = candidates.filter(
    candidate =>
      candidate.businessNumber === businessNumber &&
      candidate.clientNumber === clientNumber &&
      Math.abs(candidate.startedAt - at) <= MAX_START_DIFFERENCE_MS
  )
  return (
    near.sort((a, b) => Math.abs(a.startedAt - at) - Math.abs(b.startedAt - at) || (a.callId < b.callId ? -1 : 1))[0]
      ?.callId ?? null
  )
}
