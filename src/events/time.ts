import { DAY_MS, parseInstant } from '../lib/instant.js'

/**
 * No call is older than this. Earlier instants are not real: .NET uses year 1 for "no date", and an offset can move it
 * into year 0, which Postgres does not have.
 */
const FIRST_MS = 0
const MAX_AHEAD_MS = DAY_MS
/** Clocks differ by less. An event that occurred later than this after its receipt has a wrong time. */
const MAX_SKEW_MS = 5 * 60_000

export interface Moment {
  /** RFC 3339 in UTC with milliseconds. */
  occurredAt: string
  /** True when the provider's clock is wrong: no "last seen" may depend on this occurredAt. */
  suspect: boolean
  /** True when the timestamp names an instant, even a wrong one. It then distinguishes notifications that are equal. */
  isNamed: boolean
}

/**
 * Returns when an event happened by the provider's clock, or the time of receipt when the provider's time is absent,
 * unreadable, before 1970 or more than a day ahead. A time that is more than 5 minutes ahead is kept, and suspect.
 */
export function momentOf(timestamp: unknown, receivedAt: Date): Moment {
  const millis = parseInstant(timestamp)
  if (millis === null || millis < FIRST_MS)
    return { occurredAt: receivedAt.toISOString(), suspect: true, isNamed: false }
  if (millis > receivedAt.getTime() + MAX_AHEAD_MS)
    return { occurredAt: receivedAt.toISOString(), suspect: true, isNamed: true }
  const suspect = millis > receivedAt.getTime() + MAX_SKEW_MS
  return { occurredAt: new Date(millis).toISOString(), suspect, isNamed: true }
}
