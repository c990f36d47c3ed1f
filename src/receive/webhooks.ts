import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { NotStoredError, OverloadedError } from '../errors.js'
import type { Event } from '../events/event.js'
import { throttle } from '../lib/throttle.js'
import { type NotifiedAccount, parseNotification } from '../mightycall/webhook/notification.js'
import { createAckDeadline } from './ack-deadline.js'
import { createAdmission, createInFlight, type InFlight } from './admission.js'
import { TOKEN_PATTERN } from './tokens.js'

/** What became of a request, for the metric `mcs_webhooks_total`. */
export const WEBHOOK_RESULTS = [
  'stored',
  'unclassified',
  'empty',
  'unknown-token',
  'not-stored',
  'overloaded',
  'too-large'
] as const
export type WebhookResult = (typeof WEBHOOK_RESULTS)[number]

export interface WebhookOptions {
  accountOf: (token: string) => NotifiedAccount | null
  /** Resolves when the events are durable. */
  append: (events: Event[]) => Promise<void>
  now: () => Date
  onResult: (result: WebhookResult, account: string | null) => void
  inFlight?: InFlight
  answerWithinMs?: number
}

interface WebhookRequest {
  Params: { token: string }
  Body: Buffer | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token a webhook carries. */
    account: NotifiedAccount | null
  }
}

const MAX_BODY_BYTES = 256 * 1024
const WRONG_TOKENS_PER_MINUTE = 30
const RETRY_AFTER_SECONDS = 5
const WARN_EVERY_MS = 60_000

/** MightyCall waits 8 s. What is stored later all the same, and sent again, is one event: its id is the same. */
const ANSWER_WITHIN_MS = 6000

// For the description of the API. Answers without a body only: a schema for the others would change how they are
// written.
const nothing = (description: string) => Type.Null({ description })
const GET_SCHEMA = {
  tags: ['webhooks'],
  operationId: 'checkWebhook',
  summary: 'The address is right',
  description: 'For people and for validators.',
  response: {
    200: nothing('The token is known.'),
    404: nothing('No account has this token.'),
    429: nothing('Too many wrong tokens from this address.')
  }
}
const POST_SCHEMA = {
  tags: ['webhooks'],
  operationId: 'receiveWebhook',
  summary: 'Take a notification of MightyCall',
  description:
    'The token is the only credential. The body is JSON whatever its Content-Type, of at most 256 KiB (413 beyond). What is not understood is kept as `unclassified`. ' +
    'An `Echo` header is returned. While nothing can be stored, or too much is waiting for it, the answer is 503 with Retry-After.',
  response: {
    200: nothing('The event is durable; an empty body is not kept.'),
    404: GET_SCHEMA.response[404],
    429: GET_SCHEMA.response[429]
  }
}

/**
 * POST /webhooks/mightycall/:token answers 2xx once the event is durable, and never before.
 * MightyCall waits 8 s and does not post again (source: MightyCall API v4, WebHook Notifications): whatever it
 * authenticates is kept.
 */
export default fp<WebhookOptions>(
  async (app, { accountOf, append, now, onResult, inFlight = createInFlight(), answerWithinMs = ANSWER_WITHIN_MS }) => {
    await app.register(rateLimit, { global: false })
    // Only wrong tokens count: a 429 for MightyCall would be a lost event.
    const limitWrongTokens = app.createRateLimit({ max: WRONG_TOKENS_PER_MINUTE, timeWindow: '1 minute' })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body)
    )

    app.decorateRequest('account', null)
    const within = createAckDeadline(answerWithinMs)
    const admission = createAdmission(app, inFlight, MAX_BODY_BYTES)
    app.addHook<WebhookRequest>('onRequest', (request, reply, next) => {
      // Fastify answers a Content-Type that it cannot read with 415 before any handler runs; here it says nothing
      // anyway.
      request.raw.headers['content-type'] = undefined
      const { token } = request.params
      const account = TOKEN_PATTERN.test(token) ? accountOf(token) : null
      if (!account) {
        refuse(request, reply).catch(next)
        return
      }
      request.account = account
      const { echo } = request.raw.headers
      if (typeof echo === 'string') reply.header('echo', echo)
      if (request.method !== 'POST' || admission.enter(request)) return next()
      onResult('overloaded', account.id)
      reply.header('retry-after', RETRY_AFTER_SECONDS)
      next(new OverloadedError())
    })

    const warnOfToken = throttle(WARN_EVERY_MS, () =>
      app.log.warn(
        'a webhook came with an unknown token: compare the address in MightyCall with the one that start prints'
      )
    )

    app.addHook('onError', async (request, _reply, err) => {
      if (request.account && err.code === 'FST_ERR_CTP_BODY_TOO_LARGE') onResult('too-large', request.account.id)
    })

    async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      onResult('unknown-token', null)
      warnOfToken()
      const limit = await limitWrongTokens(request)
      return reply.code(!limit.isAllowed && limit.isExceeded ? 429 : 404).send()
    }

    app.get<WebhookRequest>('/webhooks/mightycall/:token', { schema: GET_SCHEMA }, async (_request, reply) =>
      reply.code(200).send()
    )

    app.post<WebhookRequest>(
      '/webhooks/mightycall/:token',
      { bodyLimit: MAX_BODY_BYTES, schema: POST_SCHEMA },
      async (request, reply) => {
        const account = request.account as NotifiedAccount // the onRequest hook has answered everyone else
        const body = request.body ?? Buffer.alloc(0)
        const event = parseNotification(account, body, now())
        const claim = admission.take(request, body.length)
        if (!event) {
          claim.release()
          onResult('empty', account.id)
          return reply.code(200).send()
        }
        const appended = append([event]).finally(claim.release)
        try {
          await within(appended, claim.markOverdue)
        } catch (cause) {
          onResult('not-stored', account.id)
          reply.header('retry-after', RETRY_AFTER_SECONDS)
          throw Object.assign(new NotStoredError(), { cause })
        }
        onResult(event.type === 'unclassified' ? 'unclassified' : 'stored', account.id)
        return reply.code(200).send()
      }
    )
  },
  { name: 'webhooks', fastify: '5.x', encapsulate: true }
)
