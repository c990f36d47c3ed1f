import { DAY_MS } from '../lib/instant.js'

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const THREE_DIGITS = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** The newest day asked for, and how it is written. */
let day = Number.NaN
let dayText = ''

/**
 * RFC 3339 in UTC with milliseconds.
 * Date.toISOString gives the same in 1.4 µs instead of 0.2, which was half of the time of a simulated call.
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
  return `${dayText}${TWO_DIGITS[Math.floor(ms / 3_600_000)]}:${TWO_DIGITS[Math.floor(ms / 60_000) % 60]}:${TWO_DIGITS[Math.floor(ms / 1000) % 60]}.${THREE_DIGITS[ms % 1000]}Z`
}
