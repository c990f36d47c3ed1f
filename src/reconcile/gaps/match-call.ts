import type { CallReported } from '../../events/call.js'
import { GRACE_MS } from './gap-rules.js'

/** How far apart REST and webhooks may put the start of the same call. */
export const MAX_START_DIFFERENCE_MS = 5_000

/** A call that webhooks announced under another id, and that no report of REST names. */
export interface Candidate {
  callId: string
  businessNumber: string | null
  clientNumber: string | null
  startedAt: number
}

export type CallMatch =
  | { kind: 'known' } // a webhook has the same id
  | { kind: 'linked'; callId: string }
  | { kind: 'held' }
  | { kind: 'created' }

export interface MatchContext {
  isKnown: boolean
  candidates: readonly Candidate[]
  heldAt: number
  now: number
  /** True when REST and webhooks give calls different ids. */
  haveIdsMismatch: boolean
}

/**
 * Matches a call that REST reported: with the call of the same id, or else with one of the same numbers and nearly the
 * same start. Without a match it is held for its webhooks, and at last created.
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

/** A call without numbers or a start could be any of them. */
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
