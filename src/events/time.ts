import { DAY_MS, parseInstant } from '../lib/instant.js'

/**
 * Before it there were no calls: year 1 is what .NET calls no date, and Postgres has no year 0, where an offset may
 * lead.
 */
const FIRST_MS = 0
const MAX_AHEAD_MS = DAY_MS

export interface Moment {
  /** RFC 3339 in UTC with milliseconds. */
  occurredAt: string
  /** The provider's clock could not be used, and occurredAt is the moment of receipt. */
  suspect: boolean
  /** It names some moment, be it a wrong one: two notifications that are alike but for it are two. */
  isNamed: boolean
}

/**
 * When it happened by the provider's clock, or by ours when theirs is absent, unreadable, before 1970 or more than a
 * day ahead.
 */
export function momentOf(timestamp: unknown, receivedAt: Date): Moment {
  const millis = parseInstant(timestamp)
  if (millis === null || millis < FIRST_MS)
    return { occurredAt: receivedAt.toISOString(), suspect: true, isNamed: false }
  if (millis > receivedAt.getTime() + MAX_AHEAD_MS)
    return { occurredAt: receivedAt.toISOString(), suspect: true, isNamed: true }
  return { occurredAt: new Date(millis).toISOString(), suspect: false, isNamed: true }
}
