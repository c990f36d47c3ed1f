import {
  RestBlockedError,
  RestNotFoundError,
  RestRefusedError,
  RestUnavailableError,
  RestUnexpectedError
} from '../../errors.js'
import { backOffMs } from '../../lib/backoff.js'
import { parseInstant } from '../../lib/instant.js'
import { isObject } from '../../lib/json.js'
import type { HttpResponse } from './http.js'

/** What is missing is a 400 as often as a 404 (source: MightyCall API v4): `{"message":"Call not found"}`. */
const NOT_FOUND = /\bnot found\b/i

/**
 * What is wrong with an answer, or null: it can be read. Holds nothing of it but its status and MightyCall's errorCode.
 * @param now       for a block whose instant is not said
 * @param refusals  how many answers before this one said that there were too many requests
 */
export function responseError({ status, json, retryAfter }: HttpResponse, now: Date, refusals: number): Error | null {
  const { message, errorCode, isSuccess } = isObject(json) ? json : {}
  const said = typeof message === 'string' ? message : ''
  if (status >= 500) return new RestUnavailableError(`status ${status}`)
  const until = blockedUntil({ status, message: said, retryAfter }, now, refusals + 1)
  if (until !== null) return errorWithUntil(RestBlockedError, until)
  if (status === 404 || (status === 400 && NOT_FOUND.test(said))) return new RestNotFoundError()
  if (status >= 400) return refusedError(status, errorCode)
  if (status >= 300) return new RestUnexpectedError(`status ${status}`)
  if (json === undefined) return status === 204 ? null : new RestUnexpectedError('it is no JSON')
  return isSuccess === false ? refusedError(status, errorCode) : null
}

/** `reason` is MightyCall's errorCode: ContactWasModified, TenantAccountRoleIssue. */
function refusedError(status: number, errorCode: unknown): Error {
  const reason = typeof errorCode === 'string' && /^[A-Za-z]{1,60}$/.test(errorCode) ? errorCode : null
  return Object.assign(new RestRefusedError(`status ${status}${reason === null ? '' : `, ${reason}`}`), { reason })
}

const MINUTE_MS = 60_000
/**
 * How long to wait when it is not said: it may be a short limit as well as the block of a day, so the wait grows with
 * each such answer.
 */
const DEFAULT_WAIT = { first: MINUTE_MS / 2, most: 10 * MINUTE_MS }
/** The longest that is believed: the documented block lasts until the next 24 h. */
const MAX_BLOCK_MS = 24 * 60 * MINUTE_MS

const TOO_MANY = /too many requests|retry after|(?:rate|request|daily) limit|quota/i
const RETRY_AFTER = /retry after\s+(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)/i

/**
 * Until when MightyCall takes no requests, or null when this answer does not say so.
 * The instant is in the text: `Too many requests. Retry after 2026-11-23T08:00:00.0000000 UTC` (source: MightyCall API
 * v4, Messages).
 * What the block of the daily limit looks like is not documented: any refusal that talks of it counts.
 *
 * @param refusals  how many such answers came one after another, with this one
 */
export function blockedUntil(
  { status, message, retryAfter }: { status: number; message: string; retryAfter: string | null },
  now: Date,
  refusals: number
): Date | null {
  if (status !== 429 && !(status >= 400 && status < 500 && TOO_MANY.test(message))) return null
  const said = findRetryInstant(message) ?? parseRetryAfter(retryAfter, now)
  const wait = said === null || said <= now.getTime() ? backOffMs(refusals, DEFAULT_WAIT) : said - now.getTime()
  return new Date(now.getTime() + Math.min(wait, MAX_BLOCK_MS))
}

function findRetryInstant(message: string): number | null {
  const [, instant] = RETRY_AFTER.exec(message) ?? []
  return instant === undefined ? null : parseInstant(`${instant.replace(' ', 'T')}Z`)
}

/** RFC 9110: seconds, or a date. */
function parseRetryAfter(retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null) return null
  const millis = /^\d{1,9}$/.test(retryAfter) ? now.getTime() + Number(retryAfter) * 1000 : Date.parse(retryAfter)
  return Number.isNaN(millis) ? null : millis
}

/** What a caller can do about it. */
const KIND_BY_CODE = {
  MCS_REST_AUTH: 'auth', // nothing, until the configuration is reloaded
  MCS_QUOTA: 'quota', // wait until `until`: the budget is ours
  MCS_REST_BLOCKED: 'blocked', // wait until `until`: MightyCall says so
  MCS_REST_UNAVAILABLE: 'unavailable', // try again later
  MCS_REST_UNEXPECTED: 'unexpected', // somebody has to look at it
  MCS_REST_NOT_FOUND: 'not-found',
  MCS_REST_REFUSED: 'refused' // the request is at fault, or the role of the user
} as const

export type RestFailureKind = (typeof KIND_BY_CODE)[keyof typeof KIND_BY_CODE]

export interface RestFailure {
  kind: RestFailureKind
  /** When to try again, where that is known. */
  until: Date | null
}

/**
 * What went wrong in a request to MightyCall, or null for any other error: Postgres, which keeps the quota, may be
 * away.
 */
export function restFailureOf(err: unknown): RestFailure | null {
  if (!(err instanceof Error)) return null
  const { code, until } = err as { code?: unknown; until?: unknown } // createError's, and what `untilThen` adds
  if (typeof code !== 'string' || !Object.hasOwn(KIND_BY_CODE, code)) return null
  // just looked for
  return { kind: KIND_BY_CODE[code as keyof typeof KIND_BY_CODE], until: until instanceof Date ? until : null }
}

type ErrorWithUntil = new (until: string) => Error

/** An error that knows until when. */
export function errorWithUntil(AnError: ErrorWithUntil, until: Date): Error {
  return Object.assign(new AnError(until.toISOString()), { until })
}
