import { hash } from 'node:crypto'
import { formatInstant } from '../instant.js'

// The formats of MightyCall's REST API (source: MightyCall API v4).

export type Row = Record<string, unknown>

const LINK_LIFE_MS = 60 * 60 * 1000

/** `2018-06-05T13:38:29.522+00:00` */
export function withOffset(instant: string): string {
  return instant.replace(/Z$/, '+00:00')
}

/** `2026-11-23T08:00:00.0000000 UTC`, as in the message of a 429. */
export function dotNetTimestamp(at: number): string {
  return `${formatInstant(at).slice(0, -1)}0000 UTC`
}

/** The duration format of the journal, in whole seconds: `00:01:20`. */
export function hoursMinutesSeconds(seconds: number): string {
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map(part => String(Math.floor(part)).padStart(2, '0'))
    .join(':')
}

/** Changes `Connected` to `connected`: values in the journal, unlike those of /calls, begin in lower case. */
export function camelCase(value: string): string {
  return value.charAt(0).toLowerCase() + value.slice(1)
}

export function firstAndLast(name: string): { firstName: string; lastName: string } {
  const [first = '', ...rest] = name.split(' ')
  return { firstName: first, lastName: rest.join(' ') }
}

/** Returns a link that expires after an hour; each response has a new one. */
export function expiringLink(
  link: string,
  { recordingId, seed, now }: { recordingId: string | null; seed: number; now: number }
): string {
  const expires = Math.floor((now + LINK_LIFE_MS) / 1000)
  const { pathname } = new URL(link)
  return `${link}?recordid=${recordingId ?? ''}&expires=${expires}&signature=${signatureOf(pathname, expires, seed)}`
}

export function isLinkValid({ pathname, searchParams }: URL, { seed, now }: { seed: number; now: number }): boolean {
  const expires = Number(searchParams.get('expires') ?? Number.NaN)
  return now < expires * 1000 && searchParams.get('signature') === signatureOf(pathname, expires, seed)
}

function signatureOf(pathname: string, expires: number, seed: number): string {
  return hash('sha256', `${pathname} ${expires} ${seed}`).slice(0, 24)
}
