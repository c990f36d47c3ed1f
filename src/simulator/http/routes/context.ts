import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Notification } from '../../notifications.js'
import { invalidParameters, invalidValues, malformedFilter } from '../error-responses.js'
import { type ParsedQuery, type QueryParameters, readQuery } from '../query.js'
import type { User, World } from '../state/world.js'
import type { Row } from '../wire.js'

export interface RouteContext {
  world: World
  /** Returns whole milliseconds since 1970, by the clock of the simulation. */
  now: () => number
  /** Returns the user of the request's token. */
  userOf: (request: FastifyRequest) => User
  /** Posts each notification to the webhook address when it is due; does nothing without an address. */
  post: (notifications: readonly Notification[]) => void
}

export type Routes = (app: FastifyInstance, context: RouteContext) => void

/** Wraps the response of calls, voicemails, numbers, profiles and ping. */
export const enveloped = (data: unknown): Row => ({ data, isSuccess: true })

/** Parses the query and ignores unknown parameters. @throws ErrorResponse  a value is invalid */
export function queryOf<P extends QueryParameters>(request: FastifyRequest, parameters: P): ParsedQuery<P> {
  const { values, problems } = readQuery(parameters, searchOf(request))
  if (Object.keys(problems.invalid).length > 0) throw invalidValues(problems.invalid)
  return values
}

/** Parses a query of the journal or of contacts. @throws ErrorResponse  a value is invalid or a parameter is unknown */
export function strictQueryOf<P extends QueryParameters>(request: FastifyRequest, parameters: P): ParsedQuery<P> {
  const { values, problems } = readQuery(parameters, searchOf(request))
  if (problems.unknown.length > 0) throw malformedFilter(problems.unknown)
  if (Object.keys(problems.invalid).length > 0) throw invalidParameters()
  return values
}

const searchOf = ({ url }: FastifyRequest) => new URL(url, 'http://localhost').searchParams
