import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import { InvalidParameterError, NotFoundError } from './errors.js'

/** The longest that a request may take to arrive: MightyCall itself waits 8 s. */
const REQUEST_TIMEOUT_MS = 10_000

export interface HttpOptions {
  logger: Logger
  trustProxy: boolean
}

/** The server that every role adds its routes to: time-outs, the shape of errors, logs that hold no URL. */
export function createHttp ({ logger, trustProxy }: HttpOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // it would log the URL, which holds the token
    trustProxy,
    routerOptions: { maxParamLength: 512 },
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
    ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false } },
    // A path that cannot be read never reaches a route, and Fastify would put it into the answer.
    frameworkErrors: (_err, request, reply) => {
      refusePath(request, reply as unknown as FastifyReply) // typed for a route with a schema, which this has not reached
    }
  })
  app.setErrorHandler<FastifyError>((err, request, reply) => answerError(err, request, reply))
  app.setNotFoundHandler((request, reply) => isWebhook(request) ? reply.code(404).send() : sendError(reply, new NotFoundError('route')))
  app.addHook('onResponse', async (request, reply) => {
    if (logger.isLevelEnabled('debug')) request.log.debug({ route: request.routeOptions.url, method: request.method, statusCode: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
  return app
}

function refusePath (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return isWebhook(request) ? reply.code(404).send() : sendError(reply, new InvalidParameterError('the path cannot be read'))
}

function answerError (err: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const route = request.routeOptions.url
  if (err.validation) return sendError(reply, new InvalidParameterError(describeValidation(err)))
  const statusCode = err.statusCode ?? 500
  if (statusCode >= 500) request.log.error({ route, err }, 'a request failed')
  if (err.statusCode === undefined || statusCode < 400) return reply.code(500).send({ statusCode: 500, code: 'MCS_INTERNAL', error: 'Internal Server Error', message: 'something went wrong on our side' })
  return sendError(reply, err)
}

function sendError (reply: FastifyReply, err: FastifyError): FastifyReply {
  const statusCode = err.statusCode ?? 500
  return reply.code(statusCode).send({ statusCode, code: err.code, error: STATUS_NAMES[statusCode] ?? 'Error', message: err.message })
}

const STATUS_NAMES: Record<number, string> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 408: 'Request Timeout', 409: 'Conflict', 413: 'Payload Too Large', 415: 'Unsupported Media Type', 429: 'Too Many Requests', 503: 'Service Unavailable'
}

function isWebhook (request: FastifyRequest): boolean {
  return request.url.startsWith('/webhooks/')
}

/** Names the parameter, never its value. */
function describeValidation (err: FastifyError): string {
  const [first] = err.validation ?? []
  const name = first?.params.additionalProperty
  if (typeof name === 'string') return `there is no parameter "${name.slice(0, 40)}"`
  return `${first?.instancePath.slice(1).replace(/\/.*/, '') || 'the request'} ${first?.message ?? 'is not valid'}`
}
