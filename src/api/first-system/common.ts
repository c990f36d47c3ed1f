import type { FastifyError, FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Viewer } from '../../access/viewer.js'
import { InternalError, InvalidParameterError } from '../../errors.js'
import { RETRY_AFTER_SECONDS } from '../../http/error-responses.js'
import { createFailureLog } from '../../http/failure-log.js'
import { asUnavailable } from '../database-errors.js'
import { accountsParameter } from '../list/parameters.js'

interface OrganizationParameters {
  org_id?: string
  orgId?: string
}

const organization = (description: string) => Type.Optional(Type.String({ format: 'uuid', description }))

/** The parameters of all read routes of the first system. */
export const parameters = {
  account: accountsParameter,
  org_id: organization('The id of an organization.'),
  orgId: organization('Another name of the previous parameter.')
}

export const failure = Type.Object(
  {
    error: Type.Literal('mightycall_read_failed'),
    reason: Type.Literal('database'),
    detail: Type.String({ description: 'The error code.' }),
    message: Type.String({ description: 'A text for people.' })
  },
  { $id: 'FirstSystemReadFailure', description: 'Why the data could not be read, in the format of the first system.' }
)

/** Reports server errors in the format of the first system. Client errors keep the format of this API. */
export function answerFailures(app: FastifyInstance): void {
  const logFailure = createFailureLog(app)
  app.setErrorHandler<FastifyError>(async (err, request, reply) => {
    if (err.validation || (err.statusCode ?? 500) < 500) throw err
    const unavailable = asUnavailable(err)
    const { statusCode = 500, code: detail, message } = unavailable ?? new InternalError()
    logFailure(unavailable ?? err, request)
    if (unavailable) reply.header('retry-after', RETRY_AFTER_SECONDS)
    return reply.code(statusCode).send({ error: 'mightycall_read_failed', reason: 'database', detail, message })
  })
}

/**
 * Returns the value of a parameter that has two names.
 *
 * @throws InvalidParameterError  both names are given, with different values
 */
export function either(names: string, one: string | undefined, other: string | undefined): string | undefined {
  if (one !== undefined && other !== undefined && one !== other)
    throw new InvalidParameterError(`${names} are one parameter: send one of them`)
  return one ?? other
}

/** Restricts the viewer to the requested organization: rows are selected as for the keys of the organization. */
export function organizationViewer(viewer: Viewer, { org_id, orgId }: OrganizationParameters): Viewer {
  const organization = either('org_id and orgId', org_id, orgId)
  return organization === undefined ? viewer : { ...viewer, organization }
}
