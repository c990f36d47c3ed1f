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

/** A missing object is reported by a 400 as often as by a 404 (source: MightyCall API v4): `Call not found`. */
const NOT_FOUND = /\bnot found\b/i

/**
 * Returns the error that a response reports, or `null` when it can be read. The error contains only the status and
 * MightyCall's errorCode.
 *
 * @param now       the start of a block that has no end in the response
 * @param refusals  the number of 429 responses in a row before this one
 */
export function responseError({ status, json, retryAfter }: HttpResponse, now: Date, refusals: number): Error | null {
  const { message, errorCode, isSuccess } = isObject(json) ? json : {}
  const messageText = typeof message === 'string' ? message : ''
  if (status >= 500) return new RestUnavailableError(`status ${status}`)
  const until = blockedUntil({ status, message: messageText, retryAfter }, now, refusals + 1)
  if (until !== null) return errorWithUntil(RestBlockedError, until)
  if (status === 404 || (status === 400 && NOT_FOUND.test(messageText))) return new RestNotFoundError()
  if (status >= 400) return refusedError(status, errorCode)
  if (status >= 300) return new RestUnexpectedError(`status ${status}`)
  if (json === undefined) return status === 204 ? null : new RestUnexpectedError('the body is not JSON')
  return isSuccess === false ? refusedError(status, errorCode) : null
}

/** Creates an error with MightyCall's errorCode as its `reason`: ContactWasModified, TenantAccountRoleIssue. */
function refusedError(status: number, errorCode: unknown): Error {
  const reason = typeof errorCode === 'string' && /^[A-Za-z]{1,60}$/.test(errorCode) ? errorCode : null
  return Object.assign(new RestRefusedError(`status ${status}${reason === null ? '' : `, ${reason}`}`), { reason })
}

const MINUTE_MS = 60_000
/**
 * The wait after a 429 without a time. It may be a short limit or the block of a day, so the wait grows with each such
 * response.
 */
const DEFAULT_WAIT = { first: MINUTE_MS / 2, most: 10 * MINUTE_MS }
/** The longest wait: the documented block lasts at most 24 h. */
const MAX_BLOCK_MS = 24 * 60 * MINUTE_MS

const TOO_MANY = /too many requests|retry after|(?:rate|request|daily) limit|quota/i
const RETRY_AFTER = /retry after\s+(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)/i

/**
 * Returns until when MightyCall refuses requests, or `null` when the response reports no block.
 * The time is in the message: `Too many requests. Retry after 2026-11-23T08:00:00.0000000 UTC` (source: MightyCall API
 * v4, Messages). The response at the daily limit is not documented, so any refusal that mentions a limit counts.
 *
 * @param refusals  the number of such responses in a row, including this one
 */
function blockedUntil(
  { status, message, retryAfter }: { status: number; message: string; retryAfter: string | null },
  now: Date,
  refusals: number
): Date | null {
  if (status !== 429 && !(status >= 400 && status < 500 && TOO_MANY.test(message))) return null
  const retryAt = findRetryInstant(message) ?? parseRetryAfter(retryAfter, now)
  const wait =
    retryAt === null || retryAt <= now.getTime() ? backOffMs(refusals, DEFAULT_WAIT) : retryAt - now.getTime()
  return new Date(now.getTime() + Math.min(wait, MAX_BLOCK_MS))
}

function findRetryInstant(message: string): number | null {
  const [, instant] = RETRY_AFTER.exec(message) ?? []
  return instant === undefined ? null : parseInstant(`${instant.replace(' ', 'T')}Z`)
}

/** Parses a Retry-After header, seconds or a date (RFC 9110), to milliseconds since 1970. */
function parseRetryAfter(retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null) return null
  const millis = /^\d{1,9}$/.test(retryAfter) ? now.getTime() + Number(retryAfter) * 1000 : Date.parse(retryAfter)
  return Number.isNaN(millis) ? null : millis
}

/** The kinds of failure, by what a caller can do about them. */
const KIND_BY_CODE = {
  MCS_REST_AUTH: 'auth', // nothing, until the configuration is reloaded
  MCS_QUOTA: 'quota', // wait until `until`: our own budget is spent
  MCS_REST_BLOCKED: 'blocked', // wait until `until`: MightyCall refuses requests
  MCS_REST_UNAVAILABLE: 'unavailable', // retry later
  MCS_REST_UNEXPECTED: 'unexpected', // needs investigation
  MCS_REST_NOT_FOUND: 'not-found',
  MCS_REST_REFUSED: 'refused' // correct the request, or the role of the user
} as const

type RestFailureKind = (typeof KIND_BY_CODE)[keyof typeof KIND_BY_CODE]

export interface RestFailure {
  kind: RestFailureKind
  /** When to retry, or `null` when that is unknown. */
  until: Date | null
}

/** Returns the kind of a failed REST request, or `null` for any other error, such as one of Postgres. */
export function restFailureOf(err: unknown): RestFailure | null {
  if (!(err instanceof Error)) return null
  const { code, until } = err as { code?: unknown; until?: unknown } // set by createError and by errorWithUntil
  if (typeof code !== 'string' || !Object.hasOwn(KIND_BY_CODE, code)) return null
  const kind = KIND_BY_CODE[code as keyof typeof KIND_BY_CODE] // Object.hasOwn has checked the key
  return { kind, until: until instanceof Date ? until : null }
}

type ErrorWithUntil = new (until: string) => Error

/** Creates an error whose `until` is the time of the next permitted request. */
export function errorWithUntil(AnError: ErrorWithUntil, until: Date): Error {
  return Object.assign(new AnError(until.toISOString()), { until })
}
