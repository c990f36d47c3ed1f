import { RestBlockedError } from '../../errors.js'
import { errorWithUntil, restFailureOf } from './failures.js'
import type { Route } from './route.js'

/**
 * Of one account: what MightyCall said of too many requests. Null stands for what has no limit of its own, and so for
 * the key's.
 */
export interface RateBlocks {
  /** @throws RestBlockedError  the route has a limit of its own, and it is spent */
  check: (route: Route, now: Date) => void
  /** How many answers there were in a row that said so. */
  refusals: (route: Route | null) => number
  note: (route: Route | null, problem: Error | null) => void
}

export function createRateBlocks(): RateBlocks {
  const refused = new Map<Route | null, number>()
  const blocks = new Map<Route | null, Date>()
  const limitOf = (route: Route | null) => (route?.hasOwnLimit ? route : null)
  return {
    check: (route, now) => {
      const until = blocks.get(route)
      if (until && until > now) throw errorWithUntil(RestBlockedError, until)
    },
    refusals: route => refused.get(limitOf(route)) ?? 0,
    note: (route, problem) => {
      const limit = limitOf(route)
      const trouble = restFailureOf(problem)
      refused.set(limit, trouble?.kind === 'blocked' ? (refused.get(limit) ?? 0) + 1 : 0)
      if (limit !== null && trouble?.kind === 'blocked' && trouble.until) blocks.set(limit, trouble.until)
    }
  }
}
