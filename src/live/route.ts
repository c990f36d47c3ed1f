import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { SESSION_COOKIE } from '../access/authenticator.js'
import { bearerKeyOf } from '../access/bearer.js'
import { type Viewer, viewerOf } from '../access/viewer.js'
import { LiveClosedError, LiveFullError, LiveLimitError, NotReadyError, UnauthorizedError } from '../errors.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { errors } from '../http/error-schema.js'
import { isDatabaseUnavailable } from '../lib/sqlstate.js'
import { eventText } from './frames.js'
import { type ClientCredential, interestOf } from './interest.js'
import { LIVE_KINDS } from './readers.js'
import { SSE_HEAD } from './sse-stream.js'
import type { LiveStreams } from './streams.js'

const parameters = Type.Object(
  {
    kinds: Type.Optional(
      Type.String({
        maxLength: 100,
        description:
          `Any of ${LIVE_KINDS.join(', ')}, separated by commas. Default: all that the key may see. ` +
          'gap and health require platform_admin.',
        examples: ['call,agent']
      })
    ),
    account: Type.Optional(
      Type.Array(Type.String({ pattern: ACCOUNT_PATTERN }), { maxItems: 50, description: 'MightyCall accounts.' })
    ),
    lastEventId: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'Continues after the event with this id. The header Last-Event-ID takes precedence: a browser sends it ' +
          'when it reconnects, while this parameter stays what it was when the page opened the stream.'
      })
    )
  },
  { additionalProperties: false }
)

/** The OpenAPI document contains the schema `LiveEvent`. */
const stream = Type.String({
  description: 'A stream of events, each of which is a `LiveEvent`.',
  contentMediaType: 'text/event-stream',
  contentSchema: { $ref: '#/components/schemas/LiveEvent' }
})

const DESCRIPTION = `Connect first, then load the lists; every change from then on is sent. \`event\` is a kind, and
\`data\` is \`{ revision, object }\` with the whole object as the lists show it; a higher revision replaces a lower
one. A deleted object is sent as \`{ revision, object: null, account, id }\`. \`event: reset\`: load the lists again.
\`event: dropped\`: the stream ends, and \`data\` has the code and the message. \`event: beat\` is sent on connection
and every 15 s, with \`{ at, revision, incomplete }\`: the time, the revision up to which the client has received
everything, and whether something of the last day is known to be missing. It has no id of its own.
Changes are kept for an hour: with Last-Event-ID the stream continues with all missed changes, or with a reset.
A browser gives up for ever when it is answered with an error. A request with \`Accept: text/event-stream\` that is
refused with 429 or 503, as while the service stops or starts, is therefore answered with 200, \`retry\` and
\`event: dropped\`, and ended; the id of that event is the position from which a new client continues. When the service
stops, \`retry\` is later than its restart.`

interface LiveRouteOptions {
  live: LiveStreams
  /** Also called while the stream lasts. @throws UnauthorizedError  the credential is not valid (any more) */
  authenticate: (request: FastifyRequest) => Promise<Viewer>
}

/** Why a stream is refused while the rest of the API answers. */
const REFUSALS = [LiveClosedError, LiveFullError, LiveLimitError]

/** GET /v1/live. */
export default fp<LiveRouteOptions>(
  async (plain, { live, authenticate }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    const credentialOf = (request: FastifyRequest): ClientCredential => ({
      id: bearerKeyOf(request) === undefined ? `session ${request.cookies[SESSION_COOKIE]}` : viewerOf(request).actor,
      isStillValid: () =>
        authenticate(request).then(
          () => true,
          err => !(err instanceof UnauthorizedError)
        ) // a database that is away does not end the stream
    })
    app.addHook('preClose', () => live.close()) // the server would wait for the streams, which do not end

    app.get(
      '/v1/live',
      {
        exposeHeadRoute: false, // HEAD would never end
        schema: {
          tags: ['live'],
          operationId: 'streamChanges',
          summary: 'What changes, as server-sent events',
          description: DESCRIPTION,
          querystring: parameters,
          response: {
            200: { description: 'Server-sent events.', content: { 'text/event-stream': { schema: stream } } },
            ...errors(400, 401, 403, 429, 503)
          }
        },
        errorHandler: async (err, request, reply) => {
          const refusal = isDatabaseUnavailable(err) ? new NotReadyError() : err
          const isTemporary = refusal.statusCode === 429 || refusal.statusCode === 503
          if (!isTemporary || !acceptsEventStream(request)) throw err
          const retryMs = Math.max(live.retryMs(), 1000 * Number(reply.getHeader('retry-after') ?? 0))
          // A new client that can load the lists now is sent later what changes until it connects again.
          const isNew = lastEventIdOf(request) === undefined && REFUSALS.some(kind => err instanceof kind)
          const position = isNew ? await live.position().catch(() => null) : null
          const dropped = eventText('dropped', { code: refusal.code, message: refusal.message }, position)
          return reply.code(200).headers(SSE_HEAD).send(`retry: ${retryMs}\n${dropped}`)
        }
      },
      async (request, reply) => {
        const interest = interestOf(viewerOf(request), request.query)
        const lastEventId = lastEventIdOf(request)
        const from = lastEventId === undefined ? null : numberOf(lastEventId)
        await live.open(interest, { from, credential: credentialOf(request) }, () => {
          reply.hijack()
          return reply.raw
        })
        return reply
      }
    )
  },
  { name: 'live', fastify: '5.x', encapsulate: true }
)

function lastEventIdOf({ headers, query }: FastifyRequest): string | undefined {
  const id = headers['last-event-id'] ?? (query as { lastEventId?: string }).lastEventId // as `parameters` validates it
  return id?.toString()
}

/** Whether the client is an EventSource, which always asks for this type by name. */
function acceptsEventStream({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') ?? false
}

/** Any text that is not one of our ids becomes a number that no change has, which leads to a reset. */
function numberOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER
}
