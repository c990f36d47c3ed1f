import { startOfLocalDay } from './local-day.js'

export const HOUR_MS = 60 * 60 * 1000
export const DAY_MS = 24 * HOUR_MS

/**
 * `2017-05-25T08:58:10.5140000Z`: UTC or an offset, 0 to 9 fractional digits (source: MightyCall API v4, WebHook
 * Notifications).
 */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/

// RFC 3339 has four digits for the year, and Postgres has no year 0. The offset of an instant, or the time zone of a
// day, can move a valid date out of these bounds.
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * Parses an instant that comes from outside. Digits after the milliseconds are cut off, not rounded.
 * @returns milliseconds since 1970, or null when the text is not an RFC 3339 instant, names a date that does not exist,
 *   or lies outside the years 1 to 9999 in UTC
 */
export function parseInstant(text: unknown): number | null {
  if (typeof text !== 'string') return null
  const [, year, month, day] = INSTANT.exec(text) ?? []
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return null
  return bounded(Date.parse(text))
}

/**
 * Parses an instant, or a day, which stands for its first moment in the time zone.
 * @returns milliseconds since 1970, or null as for `parseInstant`
 */
export function parseInstantOrDay(text: unknown, timeZone = 'UTC'): number | null {
  return isDay(text) ? bounded(startOfLocalDay(text, timeZone).getTime()) : parseInstant(text)
}

/** True for an existing day of the years 1 to 9999, like `2026-11-23`. */
export function isDay(text: unknown): text is string {
  const [, year, month, day] = (typeof text === 'string' && DAY.exec(text)) || []
  return isCalendarDay(Number(year), Number(month), Number(day))
}

/** RFC 3339 in UTC, or null without an instant. */
export function toIsoOrNull(at: Date | null | undefined): string | null {
  return at?.toISOString() ?? null
}

function bounded(millis: number): number | null {
  return millis >= FIRST_MS && millis <= LAST_MS ? millis : null // null for NaN too
}

/** False for NaN. `Date.parse` alone would accept 30 February as 2 March. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  return (
    year > 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate())
  )
}
