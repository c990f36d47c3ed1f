/**
 * `2017-05-25T08:58:10.5140000Z`: UTC or an offset, 0 to 7 fractional digits (source: MightyCall API v4, WebHook
 * Notifications).
 */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/**
 * Before it there were no calls: year 1 is what .NET calls no date, and Postgres has no year 0, where an offset may
 * lead.
 */
const FIRST_MS = 0
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

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

/** Milliseconds since 1970, or null when the text is no instant: a date that does not exist is none. */
export function parseInstant(text: unknown): number | null {
  if (typeof text !== 'string') return null
  const match = INSTANT.exec(text)
  if (!match || !isCalendarDay(Number(match[1]), Number(match[2]), Number(match[3]))) return null
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? null : millis
}

/** Date.parse takes 30 February for 2 March. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  return (
    year > 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate())
  )
}
