import { DAY_MS } from '../../lib/instant.js'

export interface DailyLimit {
  /** Counts a request and returns `null`, or returns until when requests are refused; a refused one is not counted. */
  take: (now: number) => number | null
  block: (until: number) => void
  usedAt: (now: number) => number
}

const WINDOW_MS = DAY_MS

/** Allows `limit` requests in a rolling window of 24 h. */
export function createDailyLimit(limit: number): DailyLimit {
  let taken: number[] = []
  let blockedUntil = 0
  const forget = (now: number) => {
    if ((taken[0] ?? now) <= now - WINDOW_MS) taken = taken.filter(at => at > now - WINDOW_MS)
  }
  return {
    take: now => {
      forget(now)
      if (blockedUntil > now) return blockedUntil
      if (taken.length >= limit) return (taken[0] ?? now) + WINDOW_MS
      taken.push(now)
      return null
    },
    block: until => {
      blockedUntil = until
    },
    usedAt: now => {
      forget(now)
      return taken.length
    }
  }
}
