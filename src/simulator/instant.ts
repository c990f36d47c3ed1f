import { DAY_MS } from '../lib/instant.js'

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const THREE_DIGITS = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** The most recent day and its text: consecutive calls usually have the same day. */
let day = Number.NaN
let dayText = ''

/**
 * Formats an instant as RFC 3339 in UTC with milliseconds. `Date.toISOString` gives the same text in 1.4 µs instead of
 * 0.2 µs, which was half of the time of a simulated call.
 *
 * @param at  whole milliseconds since 1970
 */
export function formatInstant(at: number): string {
  const days = Math.floor(at / DAY_MS)
  if (days !== day) {
    day = days
    dayText = new Date(days * DAY_MS).toISOString().slice(0, 11)
  }
  const ms = at - days * DAY_MS
  const hours = TWO_DIGITS[Math.floor(ms / 3_600_000)]
  const minutes = TWO_DIGITS[Math.floor(ms / 60_000) % 60]
  const seconds = TWO_DIGITS[Math.floor(ms / 1000) % 60]
  return `${dayText}${hours}:${minutes}:${seconds}.${THREE_DIGITS[ms % 1000]}Z`
}
