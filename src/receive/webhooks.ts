import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { NotStoredError, OverloadedError, UnsupportedEncodingError } from '../errors.js'
import type { Event } from '../events/event.js'
import { clientAddressOf } from '../http/client-address.js'
import { WEBHOOK_TOKEN_PATTERN } from '../lib/patterns.js'
import { throttle } from '../lib/throttle.js'
import { charsetOf, toUtf8 } from '../mightycall/webhook/character-encoding.js'
import { type NotifiedAccount, parseNotification } from '../mightycall/webhook/notification.js'
import { raiseAlarm } from '../observability/alarms.js'
import { createAckDeadline } from './ack-deadline.js'
import { createAdmission, createInFlight, type InFlight } from './admission.js'
import { ACCEPTED_ENCODINGS, type ContentEncoding, contentEncodingOf, decodeContent } from './content-encoding.js'

/** The results of a webhook request, as the metric `mcs_webhooks_total` counts them. */
export const WEBHOOK_RESULTS = [
  'stored',
  'unclassified',
  'empty',
  'unknown-token',
  'not-stored',
  'overloaded',
  'too-large',
  'unsupported-encoding'
] as const
export type WebhookResult = (typeof WEBHOOK_RESULTS)[number]

export interface WebhookOptions {
  accountOf: (token: string) => NotifiedAccount | null
  /** Resolves when the events are durable. */
  append: (events: Event[]) => Promise<void>
  now: () => Date
  onResult: (result: WebhookResult, account: string | null) => void
  /** Called with each event that is durable. */
  onStored?: (account: NotifiedAccount, event: Event) => void
  inFlight?: InFlight
  answerWithinMs?: number
}

interface WebhookRequest {
  Params: { token: string }
  Body: Buffer | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The account of the webhook token. */
    account: NotifiedAccount | null
    /** How the body of a webhook is encoded. */
    bodyEncoding: { content: ContentEncoding; charset: string | null } | null
  }
}

const TOKEN_FORMAT = new RegExp(WEBHOOK_TOKEN_PATTERN)
const MAX_BODY_BYTES = 256 * 1024
const WRONG_TOKENS_PER_MINUTE = 30
const RETRY_AFTER_SECONDS = 5
const WARN_EVERY_MS = 60_000

/** MightyCall waits 8 s. An event that is stored late and posted again is stored once, because its id is the same. */
const ANSWER_WITHIN_MS = 6000

// For the OpenAPI document. Only responses without a body have a schema: others would be serialized differently.
const emptyBody = (description: string) => Type.Null({ description })
const GET_SCHEMA = {
  tags: ['webhooks'],
  operationId: 'checkWebhook',
  summary: 'Check a webhook address',
  description: 'For people and for address validation.',
  response: {
    200: emptyBody('The token is valid.'),
    404: emptyBody('No account has this token.'),
    429: emptyBody('Too many wrong tokens from this address.')
  }
}
const POST_SCHEMA = {
  tags: ['webhooks'],
  operationId: 'receiveWebhook',
  summary: 'Receive a notification from MightyCall',
  description:
    'The token is the only credential. The body is read as JSON whatever its Content-Type and may have 256 KiB, ' +
    'decoded (413 for a larger one). Its Content-Encoding may be gzip, deflate or br (415 for another), and its text ' +
    'UTF-8 or UTF-16. A notification that is not understood is stored as `unclassified`. An `Echo` header is ' +
    'returned. While events cannot be stored, or too many are waiting, the response is 503 with Retry-After.',
  response: {
    200: emptyBody('The event is durable. An empty body is not stored.'),
    404: GET_SCHEMA.response[404],
    429: GET_SCHEMA.response[429]
  }
}

/**
 * POST /webhooks/mightycall/:token responds 2xx only after the event is durable.
 * MightyCall waits 8 s and does not post again (source: MightyCall API v4, WebHook Notifications), so every
 * authenticated notification is stored.
 */
export default fp<WebhookOptions>(
  async (
    app,
    {
      accountOf,
      append,
      now,
      onResult,
      onStored = () => {},
      inFlight = createInFlight(),
      answerWithinMs = ANSWER_WITHIN_MS
    }
  ) => {
    await app.register(rateLimit, { global: false })
    // Only wrong tokens are limited: a 429 for MightyCall would be a lost event.
    const limitWrongTokens = app.createRateLimit({
      max: WRONG_TOKENS_PER_MINUTE,
      timeWindow: '1 minute',
      keyGenerator: clientAddressOf
    })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body)
    )

    app.decorateRequest('account', null)
    app.decorateRequest('bodyEncoding', null)
    const withinDeadline = createAckDeadline(answerWithinMs)
    const admission = createAdmission(app, inFlight, MAX_BODY_BYTES)
    app.addHook<WebhookRequest>('onRequest', (request, reply, next) => {
      const { headers } = request.raw
      const content = contentEncodingOf(headers['content-encoding'])
      request.bodyEncoding = { content, charset: charsetOf(headers['content-type']) }
      // Fastify would respond 415 to an unknown Content-Type before any handler runs. The body is JSON in any case.
      headers['content-type'] = undefined
      const { token } = request.params
      const account = TOKEN_FORMAT.test(token) ? accountOf(token) : null
      if (!account) {
        refuse(request, reply).catch(next)
        return
      }
      request.account = account
      const { echo } = headers
      if (typeof echo === 'string') reply.header('echo', echo)
      if (request.method !== 'POST') return next()
      if (content === 'unsupported') return next(refuseEncoding(account, reply))
      if (admission.enter(request)) return next()
      onResult('overloaded', account.id)
      reply.header('retry-after', RETRY_AFTER_SECONDS)
      next(new OverloadedError())
    })

    const warnOfToken = throttle(WARN_EVERY_MS, () =>
      app.log.warn(
        'received a webhook with an unknown token: compare the address in MightyCall with the one that start prints'
      )
    )

    const raiseOfEncoding = throttle(WARN_EVERY_MS, () =>
      raiseAlarm(app.log, { alarm: 'unsupported-encoding' }, 'refused a notification: its encoding cannot be decoded')
    )

    function refuseEncoding(account: NotifiedAccount, reply: FastifyReply): Error {
      onResult('unsupported-encoding', account.id)
      raiseOfEncoding()
      reply.header('accept-encoding', ACCEPTED_ENCODINGS)
      return new UnsupportedEncodingError(`send the body with one of ${ACCEPTED_ENCODINGS}, or without any`)
    }

    app.addHook('onError', async (request, _reply, err) => {
      if (request.account && err.code === 'FST_ERR_CTP_BODY_TOO_LARGE') onResult('too-large', request.account.id)
    })

    async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      onResult('unknown-token', null)
      warnOfToken()
      const limit = await limitWrongTokens(request)
      if (limit.isAllowed || !limit.isExceeded) return reply.code(404).send()
      return reply.code(429).header('retry-after', limit.ttlInSeconds).send()
    }

    app.get<WebhookRequest>('/webhooks/mightycall/:token', { schema: GET_SCHEMA }, async (_request, reply) =>
      reply.code(200).send()
    )

    app.post<WebhookRequest>(
      '/webhooks/mightycall/:token',
      { bodyLimit: MAX_BODY_BYTES, schema: POST_SCHEMA },
      async (request, reply) => {
        const account = request.account as NotifiedAccount // the onRequest hook has refused all other requests
        const body = decode(request)
        const event = parseNotification(account, body, now())
        const claim = admission.take(request, body.length)
        if (!event) {
          claim.release()
          onResult('empty', account.id)
          return reply.code(200).send()
        }
        const appended = append([event]).finally(claim.release)
        try {
          await withinDeadline(appended, claim.markOverdue)
        } catch (cause) {
          onResult('not-stored', account.id)
          reply.header('retry-after', RETRY_AFTER_SECONDS)
          throw Object.assign(new NotStoredError(), { cause })
        }
        onResult(event.type === 'unclassified' ? 'unclassified' : 'stored', account.id)
        onStored(account, event)
        return reply.code(200).send()
      }
    )
  },
  { name: 'webhooks', fastify: '5.x', encapsulate: true }
)

/** Returns the body without its Content-Encoding, and in UTF-8 where possible. */
function decode({ body, bodyEncoding }: FastifyRequest<WebhookRequest>): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  const { content = null, charset = null } = bodyEncoding ?? {}
  return toUtf8(decodeContent(body, content, MAX_BODY_BYTES), charset)
}
