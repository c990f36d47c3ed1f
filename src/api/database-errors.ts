import type { FastifyError } from 'fastify'
import { NotMigratedError, NotReadyError } from '../errors.js'
import { isDatabaseUnavailable, isSchemaMissing } from '../lib/sqlstate.js'

/** Returns the 503 for an error of a database that cannot answer for now, so that callers retry; otherwise null. */
export function asUnavailable(err: unknown): FastifyError | null {
  if (isDatabaseUnavailable(err)) return Object.assign(new NotReadyError(), { cause: err })
  return isSchemaMissing(err) ? Object.assign(new NotMigratedError(), { cause: err }) : null
}
