const QUARTER_MS = 15 * 60_000
const MAX_KNOWN = 50_000
const YEAR_10000_MS = Date.UTC(10_000, 0)

const formats = new Map<string, Intl.DateTimeFormat>()
const timeFormats = new Map<string, Intl.DateTimeFormat>()
const known = new Map<string, string>()

/**
 * Returns the day of an instant in a time zone, like `2026-11-23`. Results are cached by quarter of an hour, since no
 * zone starts a day within one: formatting costs more than all other work on an event.
 */
export function localDay(at: number, timeZone: string): string {
  if (timeZone === 'UTC') return new Date(at).toISOString().slice(0, 10)
  const name = `${timeZone} ${Math.floor(at / QUARTER_MS)}`
  const day = known.get(name) ?? formatOf(timeZone).format(at)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(name, day)
  return day
}

/** Returns the day that is `days` days after `day`, or before it when `days` is negative. */
export function addDays(day: string, days: number): string {
  const date = new Date(day)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** Returns an instant as `2026-11-23 09:00:00`, a form that spreadsheets read as a time. */
export function localTime(at: number, timeZone: string): string {
  const format =
    timeFormats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' })
  timeFormats.set(timeZone, format)
  return format.format(at)
}

/** The Swedish locale formats dates as ISO 8601. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timeZone, format)
  return format
}

/**
 * Returns the first moment of a day in a time zone, which is not midnight where clocks go forward at midnight. For a
 * day that the zone skipped, it is the first moment of the next day.
 */
export function startOfLocalDay(day: string, timeZone: string): Date {
  const noon = Math.floor(Date.parse(`${day}T12:00:00Z`) / QUARTER_MS)
  let [before, from] = [noon - 40 * 4, noon + 40 * 4] // no zone is 28 hours or more away from UTC
  while (from - before > 1) {
    const middle = (before + from) >> 1
    if (isBefore(middle * QUARTER_MS, day, timeZone)) before = middle
    else from = middle
  }
  return new Date(from * QUARTER_MS)
}

/** Compares days as strings, except from the year 10000 on, which would sort before 9999. */
function isBefore(at: number, day: string, timeZone: string): boolean {
  if (at >= YEAR_10000_MS) return false
  const own = localDay(at, timeZone)
  return own.length === day.length && own < day
}

/** True for an IANA name that Node knows. False for an offset like +02:00, which has no daylight saving time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
