const QUARTER_MS = 15 * 60_000
const MAX_KNOWN = 50_000
const YEAR_10000_MS = Date.UTC(10_000, 0)

const formats = new Map<string, Intl.DateTimeFormat>()
const known = new Map<string, string>()

/**
 * The day of an instant in a time zone, `2026-11-23`.
 * No zone changes its day within a quarter of an hour, and formatting costs more than all the rest of a contribution.
 */
export function localDay(at: number, timeZone: string): string {
  if (timeZone === 'UTC') return new Date(at).toISOString().slice(0, 10)
  const name = `${timeZone} ${Math.floor(at / QUARTER_MS)}`
  const day = known.get(name) ?? formatOf(timeZone).format(at)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(name, day)
  return day
}

/** The day so many days after `day`, or before it when negative. */
export function addDays(day: string, days: number): string {
  const date = new Date(day)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** Swedes write ISO 8601. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timeZone, format)
  return format
}

/**
 * The first moment of a day in a time zone: not midnight where the clock is put forward at midnight. Of a day that a
 * zone has skipped, that of the next.
 */
export function startOfLocalDay(day: string, timeZone: string): Date {
  const noon = Math.floor(Date.parse(`${day}T12:00:00Z`) / QUARTER_MS)
  let [before, from] = [noon - 40 * 4, noon + 40 * 4] // no zone is further from UTC
  while (from - before > 1) {
    const middle = (before + from) >> 1
    if (isBefore(middle * QUARTER_MS, day, timeZone)) before = middle
    else from = middle
  }
  return new Date(from * QUARTER_MS)
}

/** As texts, days of the year 10000 would come before those of 9999. */
function isBefore(at: number, day: string, timeZone: string): boolean {
  if (at >= YEAR_10000_MS) return false
  const own = localDay(at, timeZone)
  return own.length === day.length && own < day
}

/** True for a name of the IANA database that this Node knows. An offset like +02:00 is none: it has no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
