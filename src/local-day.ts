import { parseInstant } from './events/time.js'

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
const MAX_KNOWN = 50_000

const formats = new Map<string, Intl.DateTimeFormat>()
const known = new Map<string, string>()

/**
 * The day of an instant in a time zone, `2026-11-23`.
 * No zone changes its day within a quarter of an hour, and formatting costs more than all the rest of a contribution.
 */
export function localDay (at: number, timeZone: string): string {
  if (timeZone === 'UTC') return new Date(at).toISOString().slice(0, 10)
  const name = `${timeZone} ${Math.floor(at / QUARTER_MS)}`
  const day = known.get(name) ?? formatOf(timeZone).format(at)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(name, day)
  return day
}

/** The instant at which a day, `2026-11-23`, begins in a time zone; of a day that the zone has skipped, when the next one did. Null: there is no such day. */
export function startOfDay (day: string, timeZone: string): number | null {
  const inUtc = parseInstant(`${day}T00:00:00Z`)
  if (inUtc === null || timeZone === 'UTC') return inUtc
  // Zones are at most 14 h ahead and 12 h behind, and all change at whole minutes of UTC.
  let [before, from] = [(inUtc - 15 * HOUR_MS) / MINUTE_MS, (inUtc + 13 * HOUR_MS) / MINUTE_MS]
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2)
    if (formatOf(timeZone).format(middle * MINUTE_MS) < day) before = middle
    else from = middle
  }
  return from * MINUTE_MS
}

/** Swedes write ISO 8601. */
function formatOf (timeZone: string): Intl.DateTimeFormat {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timeZone, format)
  return format
}
