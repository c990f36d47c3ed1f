import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  BadRequestError,
  ExpectationError,
  HeadersTooLargeError,
  InternalError,
  InvalidParameterError,
  MethodNotAllowedError,
  NotFoundError,
  RequestTimeoutError,
  StoppingError
} from '../errors.js'
import { createAllowedMethods } from './allowed-methods.js'
import { createFailureLog } from './failure-log.js'

/** For a 503 whose cause does not say how long it will last. */
export const RETRY_AFTER_SECONDS = 5

/** Makes every refusal of this server a response with a code, also those that Fastify and Node send themselves. */
export function registerErrorResponses(app: FastifyInstance): void {
  const allowedMethodsOf = createAllowedMethods(app)
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  const logFailure = createFailureLog(app)
  app.setErrorHandler<FastifyError>((err, request, reply) => {
    logFailure(err, request)
    return answerError(err, request, reply)
  })
  // This runs before the body is read. Fastify would read the body and check its Content-Type for an unknown path too.
  app.addHook('onRequest', (request, reply, next) => {
    if (isClosing) sendError(request, reply, new StoppingError())
    else if (request.raw.httpVersion === '1.1' && request.raw.headers.host === undefined)
      sendError(request, reply, new BadRequestError())
    else if (request.is404) refuseRoute(request, reply)
    else next()
  })
  app.setNotFoundHandler(refuseRoute)
  app.server.on('checkExpectation', (_request, response) => {
    const body = JSON.stringify(bodyOf(new ExpectationError()))
    response.writeHead(417, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body) }).end(body)
  })

  function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const allowed = allowedMethodsOf(request.url)
    if (allowed.length > 0)
      return sendError(request, reply.header('allow', allowed.join(', ')), new MethodNotAllowedError())
    return isWebhook(request) ? reply.code(404).send() : sendError(request, reply, new NotFoundError('route'))
  }
}

/** Answers a request whose path cannot be decoded, without repeating the path. */
export function refusePath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return isWebhook(request)
    ? reply.code(404).send()
    : sendError(request, reply, new InvalidParameterError('the path cannot be decoded'))
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** Answers a request that Node refuses before any route is reached: its HTTP is malformed, too large or too slow. */
export function answerClientError(this: FastifyInstance, err: Error & { code?: string }, socket: Socket): void {
  if (err.code === 'ECONNRESET' || socket.destroyed) return
  this.log.trace({ err }, 'a request is not valid HTTP')
  if (socket.writable) {
    const refusal = bodyOf(clientErrorOf(err.code))
    const body = JSON.stringify(refusal)
    socket.write(
      `HTTP/1.1 ${refusal.statusCode} ${refusal.error}\r\nConnection: close\r\nContent-Type: ${JSON_TYPE}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    )
  }
  socket.destroy(err)
}

function clientErrorOf(code: string | undefined): FastifyError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeoutError()
  return code === 'HPE_HEADER_OVERFLOW' ? new HeadersTooLargeError() : new BadRequestError()
}

function answerError(err: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (err.validation) return sendError(request, reply, new InvalidParameterError(describeValidation(err)))
  if (err.statusCode === undefined || err.statusCode < 400) return sendError(request, reply, new InternalError())
  return sendError(request, reply, err)
}

function sendError(request: FastifyRequest, reply: FastifyReply, err: FastifyError): FastifyReply {
  const body = bodyOf(err)
  if (body.statusCode === 401) reply.header('www-authenticate', challengeFor(request))
  if (body.statusCode === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_SECONDS)
  return reply.code(body.statusCode).send(body)
}

function bodyOf({ statusCode = 500, code, message }: FastifyError) {
  return { statusCode, code, error: STATUS_CODES[statusCode] ?? 'Error', message }
}

/** RFC 6750: the error is named only when the request has a credential. */
function challengeFor({ headers }: FastifyRequest): string {
  const challenge = 'Bearer realm="API"'
  return headers.authorization === undefined ? challenge : `${challenge}, error="invalid_token"`
}

function isWebhook(request: FastifyRequest): boolean {
  return /^(?:https?:\/\/[^/]*)?\/webhooks\//i.test(request.url) // a proxy may send an absolute URL
}

/** Describes a validation error with the name of the parameter, never its value. */
function describeValidation(err: FastifyError): string {
  const [first] = err.validation ?? []
  const name = first?.params.additionalProperty
  if (typeof name === 'string') return `there is no parameter "${name.slice(0, 40)}"`
  const allowed = Array.isArray(first?.params.allowedValues) ? `: ${first.params.allowedValues.join(', ')}` : ''
  const parameter = first?.instancePath.slice(1).replace(/\/.*/, '') || 'the request'
  return `${parameter} ${first?.message ?? 'is not valid'}${allowed}`
}
