import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController
} from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import {
  BusyError,
  InternalError,
  InvalidParameterError,
  ListenError,
  NotFoundError,
  OverloadedError,
  PortInUseError
} from '../errors.js'
import { throttle } from '../lib/throttle.js'
import { raiseAlarm } from '../observability/alarms.js'
import { errorSchema } from './error-schema.js'
import { INSTANT_OR_DAY } from './instant-or-day.js'
import { createSchemaSharing } from './shared-schemas.js'

/** The longest that a request may take to arrive: MightyCall itself waits 8 s. */
const REQUEST_TIMEOUT_MS = 10_000

export interface HttpOptions {
  logger: Logger
  trustProxy: boolean
  requestTimeoutMs?: number
  maxConnections?: number
}

/** The server that every role adds its routes to: time-outs, the shape of errors, logs that hold no URL. */
export function createHttp({
  logger,
  trustProxy,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  maxConnections
}: HttpOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // it would log the URL, which holds the token
    childLoggerFactory: logger => logger, // one for each request would carry an id that no line of ours shows
    trustProxy,
    // a slash too many is a common slip in a pasted webhook address
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: requestTimeoutMs / 10 },
    // With its strictNumbers, Ajv holds a text that it has made Infinity of against no minimum and no maximum.
    ajv: {
      customOptions: {
        coerceTypes: 'array',
        removeAdditional: false,
        strictNumbers: false,
        formats: { [INSTANT_OR_DAY.format]: true }
      }
    },
    // A path that cannot be read never reaches a route, and Fastify would put it into the answer.
    frameworkErrors: (_err, request, reply) => {
      // typed for a route with a schema, which this has not reached
      refusePath(request, reply as unknown as FastifyReply)
    }
  })
  app.addSchema(errorSchema)
  app.addHook('onRoute', createSchemaSharing())
  app.setErrorHandler<FastifyError>((err, request, reply) => answerError(err, request, reply))
  // Before the body is read: Fastify would buffer it, and look at its Content-Type, for a path that nobody answers.
  app.addHook('onRequest', (request, reply, next) => {
    if (request.is404) refuseRoute(request, reply)
    else next()
  })
  app.setNotFoundHandler(refuseRoute)
  // their size is limited: beyond 2,000 Node would drop them unsaid, a Content-Length too
  app.server.maxHeadersCount = 0
  limitConnections(app.server, app.log, maxConnections)
  if (!logger.isLevelEnabled('debug')) return app
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        route: request.routeOptions.url,
        method: request.method,
        statusCode: reply.statusCode,
        ms: Math.round(reply.elapsedTime)
      },
      'answered'
    )
  })
  return app
}

function refusePath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return isWebhook(request)
    ? reply.code(404).send()
    : sendError(reply, new InvalidParameterError('the path cannot be read'))
}

function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return isWebhook(request) ? reply.code(404).send() : sendError(reply, new NotFoundError('route'))
}

function answerError(err: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const route = request.routeOptions.url
  if (err.validation) return sendError(reply, new InvalidParameterError(describeValidation(err)))
  const statusCode = err.statusCode ?? 500
  if (statusCode >= 500 && !(err instanceof OverloadedError || err instanceof BusyError))
    request.log.error({ route, err }, 'a request failed')
  if (err.statusCode === undefined || statusCode < 400) return sendError(reply, new InternalError())
  return sendError(reply, err)
}

function sendError(reply: FastifyReply, err: FastifyError): FastifyReply {
  const statusCode = err.statusCode ?? 500
  return reply
    .code(statusCode)
    .send({ statusCode, code: err.code, error: STATUS_NAMES[statusCode] ?? 'Error', message: err.message })
}

const STATUS_NAMES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable'
}

function isWebhook(request: FastifyRequest): boolean {
  return /^(?:https?:\/\/[^/]*)?\/webhooks\//i.test(request.url) // a proxy may ask for the whole URL
}

/** Names the parameter, never its value. */
function describeValidation(err: FastifyError): string {
  const [first] = err.validation ?? []
  const name = first?.params.additionalProperty
  if (typeof name === 'string') return `there is no parameter "${name.slice(0, 40)}"`
  const allowed = Array.isArray(first?.params.allowedValues) ? `: ${first.params.allowedValues.join(', ')}` : ''
  return `${first?.instancePath.slice(1).replace(/\/.*/, '') || 'the request'} ${first?.message ?? 'is not valid'}${allowed}`
}

/** An idle one takes about 12 KiB: 100 MiB in all. MightyCall needs a handful. */
const MAX_CONNECTIONS = 8192

/** How many the kernel keeps for us while we are busy; what is beyond tries again after a second. 511 otherwise. */
export const BACKLOG = 4096
const WARN_EVERY_MS = 60_000

/**
 * Caps open connections; more are closed at once, and said so in the log. Below the limit on open files half of them
 * stay free:
 * without one, the event log could not begin its next segment.
 */
export function limitConnections(server: Server, log: FastifyBaseLogger, cap = MAX_CONNECTIONS): void {
  server.maxConnections = Math.min(cap, Math.floor(openFilesLimit() / 2))
  const warn = throttle(WARN_EVERY_MS, () =>
    raiseAlarm(
      log,
      { alarm: 'connections', maxConnections: server.maxConnections },
      'too many open connections: new ones are closed unheard'
    )
  )
  server.on('drop', warn)
}

/** How many files this process may have open; Node raises it to the hard limit. Infinity where it cannot be read. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY // not Linux
  }
}

/**
 * Lets requests in.
 * @returns the URL, with the port that was taken
 * @throws PortInUseError, ListenError
 */
export async function listen(app: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    await app.listen({ host, port, backlog: BACKLOG })
  } catch (err) {
    const { code, syscall } = err as NodeJS.ErrnoException // node:net
    if (code === 'EADDRINUSE') throw new PortInUseError(`${host}:${port}`)
    throw syscall ? new ListenError(`${host}:${port}`, String(code)) : err
  }
  const { address, port: actual, family } = app.server.address() as AddressInfo // it listens on a port, not on a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`
}
