import { MAX_LINK_LENGTH } from '../../events/envelope.js'

/** `00:02:05`, or with days before a dot, the format of a .NET TimeSpan. */
const DURATION = /^(?:(\d{1,4})\.)?(\d{1,4}):([0-5]?\d):([0-5]?\d(?:\.\d{1,9})?)$/
const SECONDS = /^\d{1,9}(?:\.\d{1,9})?$/
const MAX_SECONDS = 1e9

/** Parses `hh:mm:ss` or a number of seconds to seconds, rounded to milliseconds; returns `null` for anything else. */
export function parseDuration(value: unknown): number | null {
  const text =
    typeof value === 'number' ? String(value) : typeof value === 'string' && value.length <= 40 ? value.trim() : ''
  const [, days = 0, hours, minutes, seconds] = DURATION.exec(text) ?? []
  const total =
    hours === undefined
      ? SECONDS.test(text)
        ? Number(text)
        : Number.NaN
      : ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)
  return total <= MAX_SECONDS ? Math.round(total * 1000) / 1000 : null
}

/**
 * Parses the link to a recording. Returns `null` unless it is an https address of MightyCall: we follow the link, so a
 * sender must not choose the host. The query and fragment are removed, since they expire or contain keys. The URL
 * parser corrects a single slash after `https:`, which occurs in practice.
 */
export function parseRecordingLink(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 4 * MAX_LINK_LENGTH) return null
  const url = parseUrl(value)
  if (url?.protocol !== 'https:' || url.port !== '' || !/(?:^|\.)mightycall\.com$/.test(url.hostname)) return null
  const link = `https://${url.hostname}${url.pathname}`
  return link.length <= MAX_LINK_LENGTH ? link : null
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
