import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import type { TrustProxy } from '../config/trust-proxy.js'
import { ListenError, PortInUseError } from '../errors.js'
import { limitConnections } from './connections.js'
import { answerClientError, refusePath, registerErrorResponses } from './error-responses.js'
import { errorSchema } from './error-schema.js'
import { INSTANT_OR_DAY } from './instant-or-day.js'
import { lazyCompilers } from './lazy-compilers.js'
import { createSchemaSharing } from './shared-schemas.js'

/** The longest time for receiving a request. MightyCall itself waits 8 s for a response. */
const REQUEST_TIMEOUT_MS = 10_000

/** Longer than common proxies and load balancers keep an idle connection to us. */
const KEEP_ALIVE_MS = 650_000

export interface HttpOptions {
  logger: Logger
  trustProxy: TrustProxy
  /** How long an idle connection is kept open. */
  keepAliveMs?: number
  requestTimeoutMs?: number
  maxConnections?: number
  /** Called after each response; `route` is undefined for an unknown path. */
  onResponse?: (response: { method: string; route: string | undefined; status: number; seconds: number }) => void
}

/** Creates the server to which every role adds its routes. It sets timeouts, formats errors, and logs no URL. */
export function createHttp({
  logger,
  trustProxy,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  keepAliveMs = KEEP_ALIVE_MS,
  maxConnections,
  onResponse
}: HttpOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // request logs contain the URL, and so the token
    childLoggerFactory: logger => logger, // a child per request would only add a request id, which is not used
    trustProxy: typeof trustProxy === 'number' ? (_address: string, hop: number) => hop < trustProxy : trustProxy,
    keepAliveTimeout: keepAliveMs,
    // an additional slash is a common mistake in a pasted webhook address
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: requestTimeoutMs / 10,
      requireHostHeader: false // Node's refusal has no code; registerErrorResponses does the same with one
    },
    schemaController: { compilersFactory: lazyCompilers },
    return503OnClosing: false, // without a code; registerErrorResponses does the same with one
    clientErrorHandler: answerClientError,
    // With strictNumbers, Ajv does not check the limits of a text that it has coerced to Infinity.
    ajv: {
      customOptions: {
        coerceTypes: 'array',
        removeAdditional: false,
        strictNumbers: false,
        formats: { [INSTANT_OR_DAY.format]: true }
      }
    },
    // A path that cannot be decoded reaches no route, and Fastify's own response would contain it.
    frameworkErrors: (_err, request, reply) => {
      // the reply is typed for a route with a schema, but no route was reached
      refusePath(request, reply as unknown as FastifyReply)
    }
  })
  app.addSchema(errorSchema)
  app.addHook('onRoute', createSchemaSharing())
  registerErrorResponses(app)
  // The total size of headers is limited anyway. With the default of 2,000 headers, Node silently drops the others,
  // possibly the Content-Length.
  app.server.maxHeadersCount = 0
  limitConnections(app.server, app.log, maxConnections)
  if (onResponse) {
    app.addHook('onResponse', (request, reply, next) => {
      onResponse({
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000
      })
      next()
    })
  }
  if (!logger.isLevelEnabled('debug')) return app
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        route: request.routeOptions.url,
        method: request.method,
        statusCode: reply.statusCode,
        ms: Math.round(reply.elapsedTime)
      },
      'request answered'
    )
  })
  return app
}

/** How many new connections the kernel queues while Node is busy. Others retry after 1 s. Node's default is 511. */
export const BACKLOG = 4096

/**
 * Starts to accept connections.
 * @returns the URL, with the actual port
 * @throws PortInUseError, ListenError
 */
export async function listen(app: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    await app.listen({ host, port, backlog: BACKLOG })
  } catch (err) {
    const { code, syscall } = err as NodeJS.ErrnoException // node:net throws these
    if (code === 'EADDRINUSE') throw new PortInUseError(`${host}:${port}`)
    throw syscall ? new ListenError(`${host}:${port}`, String(code)) : err
  }
  const { address, port: actual, family } = app.server.address() as AddressInfo // a port, not a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`
}
