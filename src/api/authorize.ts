import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { bearerKeyOf } from '../access/bearer.js'
import { roleOf } from '../access/route-roles.js'
import { requireRole, type Viewer, viewerOf } from '../access/viewer.js'
import {
  BusyError,
  RateLimitedError,
  TooManyAttemptsError,
  UnauthorizedError,
  UnsupportedEncodingError
} from '../errors.js'
import { clientAddressOf } from '../http/client-address.js'
import { errors } from '../http/error-schema.js'
import { monitorLoad } from '../http/overload.js'

interface AuthorizeOptions {
  /** @throws UnauthorizedError  the request has no credential, or none that matches a known key */
  authenticate: (request: FastifyRequest) => Promise<Viewer>
  limits: ApiLimits
}

export interface ApiLimits {
  /** The limit for each key. 0 means no limit. */
  requestsPerMinute: number
  /** While the delay of the event loop stays above this, API requests are rejected in favor of webhooks. */
  maxEventLoopDelayMs: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Counts a wrong key of an address and returns the error to throw: UnauthorizedError, or TooManyAttemptsError when
     * the address has sent too many.
     */
    refuseKey: (request: FastifyRequest, reply: FastifyReply) => Promise<Error>
  }
}

const WRONG_KEYS_PER_MINUTE = 30
const BUSY_SECONDS = 5

/** Request bodies are small: at most 500 ids, or a long text. */
const BODY_LIMIT = 64 * 1024

/**
 * Authenticates and authorizes the requests of all routes that are added after it, and adds the error responses of
 * these checks to the schemas of the routes.
 */
export default fp<AuthorizeOptions>(
  async (app, { authenticate, limits: { requestsPerMinute, maxEventLoopDelayMs } }) => {
    const pressure = monitorLoad(maxEventLoopDelayMs)
    app.addHook('onClose', async () => pressure.close())
    await app.register(cookie)
    await app.register(rateLimit, { global: false })
    const wrongKeys = app.createRateLimit({
      max: WRONG_KEYS_PER_MINUTE,
      timeWindow: '1 minute',
      keyGenerator: clientAddressOf
    })
    const uses = app.createRateLimit({
      max: requestsPerMinute,
      timeWindow: '1 minute',
      keyGenerator: request => viewerOf(request).actor
    })

    app.removeContentTypeParser('text/plain') // which Fastify would pass on as a text; every body is JSON
    app.decorateRequest('viewer', null)
    // Only wrong keys are counted, after they were checked: a valid key is never rejected because of the attempts of
    // others at the same address.
    app.decorate('refuseKey', async (request: FastifyRequest, reply: FastifyReply) => {
      const limit = await wrongKeys(request)
      if (limit.isAllowed) return new UnauthorizedError()
      describeLimit(reply, limit)
      if (!limit.isExceeded) return new UnauthorizedError()
      reply.header('retry-after', limit.ttlInSeconds)
      return new TooManyAttemptsError(limit.ttlInSeconds)
    })

    app.addHook('onRoute', protectRoute)
    app.addHook('onRequest', async (request, reply) => {
      const { role } = request.routeOptions.config
      if (role === undefined) return
      if (pressure.isHigh()) {
        reply.header('retry-after', BUSY_SECONDS)
        throw new BusyError()
      }
      reply.header('cache-control', 'no-store')
      if (request.headers['content-encoding'] !== undefined) throw new UnsupportedEncodingError('send the body without')
      if (role === 'open') return
      request.viewer = await authenticate(request).catch(async err => {
        throw err instanceof UnauthorizedError && bearerKeyOf(request) !== undefined
          ? await app.refuseKey(request, reply)
          : err
      })
      requireRole(request.viewer, role)
      if (requestsPerMinute === 0) return
      const limit = await uses(request)
      if (limit.isAllowed) return
      describeLimit(reply, limit)
      if (!limit.isExceeded) return
      reply.header('retry-after', limit.ttlInSeconds)
      throw new RateLimitedError(limit.ttlInSeconds)
    })
  },
  { name: 'gate', fastify: '5.x' }
)

/** The headers of draft-ietf-httpapi-ratelimit-headers-07. */
function describeLimit(
  reply: FastifyReply,
  { max, remaining, ttlInSeconds }: { max: number; remaining: number; ttlInSeconds: number }
): void {
  reply.headers({ 'ratelimit-limit': max, 'ratelimit-remaining': remaining, 'ratelimit-reset': ttlInSeconds })
}

/** Sets the required role, the body limit and the error responses of a route that is being added. */
function protectRoute(route: RouteOptions & { routePath: string }): void {
  const role = roleOf(String(route.method), route.url)
  route.config = { ...route.config, role }
  route.bodyLimit ??= BODY_LIMIT
  const { schema = {} } = route
  if (!schema.response) return
  const refusals =
    role === 'open'
      ? errors(429, 503)
      : { ...errors(401, 429, 503), ...(role === 'viewer' && route.method === 'GET' ? {} : errors(403)) }
  route.schema = {
    ...schema,
    response: { ...refusals, ...(route.method === 'GET' ? {} : errors(400, 413, 415)), ...schema.response }
  }
}
