import { parseInstant } from '../../events/time.js'
import { backOffMs } from '../../lib/backoff.js'

const MINUTE_MS = 60_000
/** How long to wait when it is not said: it may be a short limit as well as the block of a day, so the wait grows with each such answer. */
const UNSAID = { first: MINUTE_MS / 2, most: 10 * MINUTE_MS }
/** The longest that is believed: the documented block lasts until the next 24 h. */
const LONGEST_MS = 24 * 60 * MINUTE_MS

const TOO_MANY = /too many requests|retry after|(?:rate|request|daily) limit|quota/i
const RETRY_AFTER = /retry after\s+(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)/i

/**
 * Until when MightyCall takes no requests, or null when this answer does not say so.
 * The instant is in the text: `Too many requests. Retry after 2026-11-23T08:00:00.0000000 UTC` (source: MightyCall API v4, Messages).
 * What the block of the daily limit looks like is not documented: any refusal that talks of it counts.
 *
 * @param refusals  how many such answers came one after another, with this one
 */
export function blockedUntil ({ status, message, retryAfter }: { status: number, message: string, retryAfter: string | null }, now: Date, refusals: number): Date | null {
  if (status !== 429 && !(status >= 400 && status < 500 && TOO_MANY.test(message))) return null
  const said = instantIn(message) ?? ofHeader(retryAfter, now)
  const wait = said === null || said <= now.getTime() ? backOffMs(refusals, UNSAID) : said - now.getTime()
  return new Date(now.getTime() + Math.min(wait, LONGEST_MS))
}

function instantIn (message: string): number | null {
  const [, instant] = RETRY_AFTER.exec(message) ?? []
  return instant === undefined ? null : parseInstant(`${instant.replace(' ', 'T')}Z`)
}

/** RFC 9110: seconds, or a date. */
function ofHeader (retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null) return null
  const millis = /^\d{1,9}$/.test(retryAfter) ? now.getTime() + Number(retryAfter) * 1000 : Date.parse(retryAfter)
  return Number.isNaN(millis) ? null : millis
}
