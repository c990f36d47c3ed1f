import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Notification } from '../../notifications.js'
import { type QueryParameters, type ParsedQuery, readQuery } from '../query.js'
import { invalidParameters, invalidValues, malformedFilter } from '../refusals.js'
import type { User, World } from '../state/world.js'
import type { Row } from '../wire.js'

export interface RouteContext {
  world: World
  /** Whole milliseconds since 1970, of the simulation's clock. */
  now: () => number
  /** Whose token the request came with. */
  userOf: (request: FastifyRequest) => User
  /** To the webhook address, if there is one, each when it is due. */
  post: (notifications: readonly Notification[]) => void
}

export type Routes = (app: FastifyInstance, context: RouteContext) => void

/** Of calls, voicemails, numbers, profiles and ping. */
export const enveloped = (data: unknown): Row => ({ data, isSuccess: true })

/** What is not known is ignored. @throws Refusal  a value is not valid */
export function queryOf<P extends QueryParameters>(request: FastifyRequest, parameters: P): ParsedQuery<P> {
  const { values, problems } = readQuery(parameters, searchOf(request))
  if (Object.keys(problems.invalid).length > 0) throw invalidValues(problems.invalid)
  return values
}

/** Of the journal and of contacts. @throws Refusal  a value is not valid, or a parameter is not known */
export function strictQueryOf<P extends QueryParameters>(request: FastifyRequest, parameters: P): ParsedQuery<P> {
  const { values, problems } = readQuery(parameters, searchOf(request))
  if (problems.unknown.length > 0) throw malformedFilter(problems.unknown)
  if (Object.keys(problems.invalid).length > 0) throw invalidParameters()
  return values
}

const searchOf = ({ url }: FastifyRequest) => new URL(url, 'http://localhost').searchParams
