import { RestBlockedError } from '../../errors.js'
import { errorWithUntil, restFailureOf } from './failures.js'
import type { Route } from './route.js'

/**
 * Tracks the 429 responses of one account. `null` is the limit of the key, shared by routes without a limit of their
 * own.
 */
export interface RateBlocks {
  /** @throws RestBlockedError  the route has a limit of its own and is blocked */
  check: (route: Route, now: Date) => void
  /** Returns the number of consecutive 429 responses. */
  refusals: (route: Route | null) => number
  /** Records the outcome of a request. */
  note: (route: Route | null, err: Error | null) => void
}

/**
 * One limit: open while `blockedUntil` is null or past, and blocked before. The block of the key is in the quota
 * ledger.
 */
interface LimitState {
  refusals: number
  blockedUntil: Date | null
}

const OPEN: LimitState = { refusals: 0, blockedUntil: null }

export function createRateBlocks(): RateBlocks {
  const limits = new Map<Route | null, LimitState>()
  const limitOf = (route: Route | null) => (route?.hasOwnLimit ? route : null)
  const stateOf = (limit: Route | null) => limits.get(limit) ?? OPEN
  return {
    check: (route, now) => {
      if (!route.hasOwnLimit) return
      const { blockedUntil } = stateOf(route)
      if (blockedUntil && blockedUntil > now) throw errorWithUntil(RestBlockedError, blockedUntil)
    },
    refusals: route => stateOf(limitOf(route)).refusals,
    note: (route, err) => {
      const limit = limitOf(route)
      const { refusals, blockedUntil } = stateOf(limit)
      const failure = restFailureOf(err)
      if (failure?.kind !== 'blocked') limits.set(limit, { refusals: 0, blockedUntil })
      else
        limits.set(limit, {
          refusals: refusals + 1,
          blockedUntil: limit === null ? null : (failure.until ?? blockedUntil)
        })
    }
  }
}
