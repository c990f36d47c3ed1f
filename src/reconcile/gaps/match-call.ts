import type { CallReported } from '../../events/call.js'
import { GRACE_MS } from './gap-rules.js'

/** How far apart REST and webhooks may put the start of the same call. */
export const MAX_START_DIFFERENCE_MS = 5_000

/** A call that webhooks announced, and that REST has not listed under its own id. Times are milliseconds since 1970. */
export interface Candidate {
  callId: string
  businessNumber: string | null
  clientNumber: string | null
  startedAt: number
  /** Null while no webhook has ended it. */
  endedAt: number | null
  lastEventAt: number
}

/** Whether REST and webhooks give calls the same ids, as far as the last calls show. */
export type IdComparison = 'same' | 'different' | 'unknown'

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
  ids: IdComparison
  /** False while the list is being read: a candidate may be on a later page. */
  isListRead: boolean
}

/**
 * Matches a call that REST reported: with the call of the same id, or else with one of the same numbers and nearly the
 * same start. Without a match it is held for its webhooks, and at last created.
 *
 * A source that lists two ids describes two calls: a client who hangs up and calls again within seconds makes two that
 * resemble each other. A call is therefore linked by resemblance only to one that REST does not list itself, although
 * it has had the time to. Where ids are known to be the same, a call in progress is listed only after its end.
 */
export function matchCall(
  call: Pick<CallReported, 'businessNumber' | 'clientNumber' | 'startedAt'>,
  { isKnown, candidates, heldAt, now, ids, isListRead }: MatchContext
): CallMatch {
  if (isKnown) return { kind: 'known' }
  const candidate = nearest(call, ids === 'same' ? candidates.filter(({ endedAt }) => endedAt !== null) : candidates)
  if (candidate !== null) {
    const isUnlisted = isListRead && now >= (candidate.endedAt ?? candidate.lastEventAt) + GRACE_MS
    return isUnlisted || ids === 'different' ? { kind: 'linked', callId: candidate.callId } : { kind: 'held' }
  }
  return ids === 'different' || now < heldAt + GRACE_MS ? { kind: 'held' } : { kind: 'created' }
}

/** A call without numbers or a start could be any of them. */
function nearest(
  { businessNumber, clientNumber, startedAt }: Pick<CallReported, 'businessNumber' | 'clientNumber' | 'startedAt'>,
  candidates: readonly Candidate[]
): Candidate | null {
  if (businessNumber === null || clientNumber === null || startedAt === null) return null
  const at = Date.parse(startedAt)
  const near = candidates.filter(
    candidate =>
      candidate.businessNumber === businessNumber &&
      candidate.clientNumber === clientNumber &&
      Math.abs(candidate.startedAt - at) <= MAX_START_DIFFERENCE_MS
  )
  return (
    near.sort((a, b) => Math.abs(a.startedAt - at) - Math.abs(b.startedAt - at) || (a.callId < b.callId ? -1 : 1))[0] ??
    null
  )
}
