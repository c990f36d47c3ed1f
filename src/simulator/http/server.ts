import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type FaultSwitch, sendFaultyAnswer } from './answer-faults.js'
import type { DailyLimit } from './daily-limit.js'
import { ErrorResponse, oauthError, tooManyRequests, unauthorized } from './error-responses.js'
import { callRoutes } from './routes/calls.js'
import { contactRoutes } from './routes/contacts.js'
import type { RouteContext, Routes } from './routes/context.js'
import { type ControlOptions, controlRoutes } from './routes/control.js'
import { journalRoutes } from './routes/journal.js'
import { messageRoutes } from './routes/messages.js'
import { peopleRoutes } from './routes/people.js'
import { phoneNumberRoutes } from './routes/phone-numbers.js'
import { recordingRoutes } from './routes/recordings.js'
import { voicemailRoutes } from './routes/voicemails.js'
import type { User } from './state/world.js'
import type { TokenStore } from './tokens.js'

const ROUTES: readonly Routes[] = [
  callRoutes,
  voicemailRoutes,
  phoneNumberRoutes,
  peopleRoutes,
  journalRoutes,
  contactRoutes,
  messageRoutes
]

export interface ServerOptions extends ControlOptions, Pick<RouteContext, 'world' | 'now' | 'post'> {
  apiKey: string
  tokens: TokenStore
  limit: DailyLimit
  faults: FaultSwitch
}

/** Serves `/v4/auth/token` and `/v4/api/…` as MightyCall does, and for tests `/truth` and `/faults`. */
export function createServer(options: ServerOptions): FastifyInstance {
  // forceCloseConnections also ends hanging requests
  const app = Fastify({ forceCloseConnections: true, routerOptions: { caseSensitive: false } })
  app.setErrorHandler<{ statusCode?: number }>((err, _request, reply) =>
    err instanceof ErrorResponse
      ? reply.code(err.statusCode).send(err.body)
      : reply.code(err.statusCode ?? 500).send({ message: 'An error has occurred.' })
  )
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'No HTTP resource was found that matches the request URI.' })
  )
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, new URLSearchParams(body.toString()))
  })
  void app.register(
    async scope => {
      mightyCallRoutes(scope, options)
    },
    { prefix: '/v4' }
  )
  controlRoutes(app, options)
  recordingRoutes(app, options)
  return app
}

function mightyCallRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { world, now, post, tokens, apiKey } = options
  const users = new WeakMap<FastifyRequest, User>()
  const userOf = (request: FastifyRequest) => {
    const user = users.get(request)
    if (!user) throw unauthorized()
    return user
  }
  app.addHook('onRequest', async (request, reply) => {
    countRequest(request, options)
    if (isOpen(request)) return await applyAnswerFault(request, reply, options)
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const user = tokens.userOf(token, now())
    if (request.headers['x-api-key'] !== apiKey || !user) throw unauthorized()
    users.set(request, user)
    return await applyAnswerFault(request, reply, options)
  })
  app.addHook('onSend', async (request, _reply, payload) =>
    isTruncated.has(request) && typeof payload === 'string' ? payload.slice(0, Math.ceil(payload.length / 2)) : payload
  )
  app.post('/auth/token', request => {
    if (request.headers['x-api-key'] !== apiKey) throw oauthError('invalid_client')
    return tokens.issue(request.body instanceof URLSearchParams ? request.body : new URLSearchParams(), now())
  })
  void app.register(
    async scope => {
      for (const routes of ROUTES) routes(scope, { world, now, post, userOf })
    },
    { prefix: '/api' }
  )
}

const isTruncated = new WeakSet<FastifyRequest>()

/**
 * Counts the request against the daily limit of its API key. Token requests count too, since it is not documented
 * whether they do; requests without the key do not count.
 */
function countRequest(request: FastifyRequest, { limit, apiKey, now }: ServerOptions): void {
  if (request.headers['x-api-key'] !== apiKey || isPing(request)) return
  const until = limit.take(now())
  if (until !== null) throw tooManyRequests(until)
}

async function applyAnswerFault(
  request: FastifyRequest,
  reply: FastifyReply,
  { faults }: ServerOptions
): Promise<FastifyReply | undefined> {
  const fault = faults.next(request.url)
  if (fault === null) return undefined
  if (fault !== 'truncated') return sendFaultyAnswer(reply, fault)
  isTruncated.add(request)
  return undefined
}

const isPing = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url === '/v4/api/ping'
const isOpen = (request: FastifyRequest): boolean =>
  isPing(request) || request.routeOptions.url === '/v4/auth/token' || request.is404
