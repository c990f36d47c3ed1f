import { RestBlockedError, RestNotFoundError, RestRefusedError, RestUnavailableError, RestUnexpectedError } from '../../errors.js'
import { isObject } from '../read-json.js'
import { blockedUntil } from './blocked-until.js'
import type { HttpAnswer } from './http.js'
import { untilThen } from './trouble.js'

/** What is missing is a 400 as often as a 404 (source: MightyCall API v4): `{"message":"Call not found"}`. */
const NOT_FOUND = /\bnot found\b/i

/**
 * What is wrong with an answer, or null: it can be read. Holds nothing of it but its status and MightyCall's errorCode.
 * @param now       for a block whose instant is not said
 * @param refusals  how many answers before this one said that there were too many requests
 */
export function problemOf ({ status, json, retryAfter }: HttpAnswer, now: Date, refusals: number): Error | null {
  const { message, errorCode, isSuccess } = isObject(json) ? json : {}
  const said = typeof message === 'string' ? message : ''
  if (status >= 500) return new RestUnavailableError(`status ${status}`)
  const until = blockedUntil({ status, message: said, retryAfter }, now, refusals + 1)
  if (until !== null) return untilThen(RestBlockedError, until)
  if (status === 404 || (status === 400 && NOT_FOUND.test(said))) return new RestNotFoundError()
  if (status >= 400) return refused(status, errorCode)
  if (status >= 300) return new RestUnexpectedError(`status ${status}`)
  if (json === undefined) return status === 204 ? null : new RestUnexpectedError('it is no JSON')
  return isSuccess === false ? refused(status, errorCode) : null
}

/** `reason` is MightyCall's errorCode: ContactWasModified, TenantAccountRoleIssue. */
function refused (status: number, errorCode: unknown): Error {
  const reason = typeof errorCode === 'string' && /^[A-Za-z]{1,60}$/.test(errorCode) ? errorCode : null
  return Object.assign(new RestRefusedError(`status ${status}${reason === null ? '' : `, ${reason}`}`), { reason })
}
