import { DAY_MS } from '../../lib/instant.js'
import type { Interval } from '../route-reader.js'

/** Even an empty chunk costs three requests, so that quiet days are read several at once. */
const MAX_DAYS = 7
const FEW_ROWS = 200
const MANY_ROWS = 1_000

/**
 * The next part of an interval of which everything from `readFrom` on was read: `days` whole days in UTC, newest first.
 * Newest first, because recent days are needed most when the quota makes a backfill last for days; because a voicemail
 * that was left after midnight is then read before the row of the journal that links to it; and because an agent's
 * newest name is then read first.
 *
 * @returns  null when everything was read
 */
export function nextChunk({ from, until }: Interval, readFrom: Date, days: number): Interval | null {
  const end = Math.min(readFrom.getTime(), until.getTime())
  if (end <= from.getTime()) return null
  const midnight = Math.floor((end - 1) / DAY_MS) * DAY_MS
  return { from: new Date(Math.max(midnight - (days - 1) * DAY_MS, from.getTime())), until: new Date(end) }
}

/** How many days the next chunk has, after one of `days` days with so many rows. */
export function nextDays(days: number, rows: number, maxDays = MAX_DAYS): number {
  if (rows > MANY_ROWS) return Math.max(1, Math.floor(days / 2))
  return rows < FEW_ROWS ? Math.min(maxDays, days * 2) : days
}
