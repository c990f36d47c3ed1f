import { DAY_MS } from '../../lib/instant.js'
import type { Interval } from '../route-reader.js'

/** However little a chunk holds, it costs three requests: where days are quiet, several are read at once. */
const MAX_DAYS = 7
const FEW_ROWS = 200
const MANY_ROWS = 1_000

/**
 * What is to be read next of an interval of which all from `readFrom` on was read: whole days (UTC), so many, newest
 * first.
 * The newest are asked for most, when the quota makes it last for days; a voicemail that was left after midnight is
 * there before the row of the
 * journal that tells of its call; and of an agent whose name has changed the newest one is read first.
 *
 * @returns null  all of it was read
 */
export function nextChunk({ from, until }: Interval, readFrom: Date, days: number): Interval | null {
  const end = Math.min(readFrom.getTime(), until.getTime())
  if (end <= from.getTime()) return null
  const midnight = Math.floor((end - 1) / DAY_MS) * DAY_MS
  return { from: new Date(Math.max(midnight - (days - 1) * DAY_MS, from.getTime())), until: new Date(end) }
}

/** How many days to read at once after a chunk of so many, which had so many rows. */
export function nextDays(days: number, rows: number): number {
  if (rows > MANY_ROWS) return Math.max(1, Math.floor(days / 2))
  return rows < FEW_ROWS ? Math.min(MAX_DAYS, days * 2) : days
}
