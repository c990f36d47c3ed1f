import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { SESSION_COOKIE } from '../access/authenticator.js'
import { keyIn } from '../access/bearer.js'
import { type Viewer, viewerOf } from '../access/viewer.js'
import { UnauthorizedError } from '../errors.js'
import { errors } from '../http/error-schema.js'
import { type Holder, interestOf } from './interest.js'
import { LIVE_KINDS } from './readers.js'
import type { LiveStreams } from './streams.js'

const parameters = Type.Object(
  {
    kinds: Type.Optional(
      Type.String({
        maxLength: 100,
        description: `Of ${LIVE_KINDS.join(', ')}, separated by commas; all that the key may see. gap and health take a platform_admin.`,
        examples: ['call,agent']
      })
    ),
    account: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9-]{1,32}$' }), { maxItems: 50, description: 'MightyCall accounts.' })
    ),
    lastEventId: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'The id of the last event that was seen, to go on from it. The header Last-Event-ID, which a browser sends, wins.'
      })
    )
  },
  { additionalProperties: false }
)

const DESCRIPTION = `Connect first, then load the lists: what changes from then on is told. \`event\` is a kind, \`data\` is \`{ revision, object }\` with the whole
object as the lists show it; a higher revision replaces a lower one. An object that is gone is \`{ revision, object: null, account, id }\`.
\`event: reset\`: load the lists anew. \`event: dropped\`: the stream ends, \`data\` has the code and the message. A comment comes every 15 s.
Changes are kept for an hour: with Last-Event-ID all that was missed is told, or a reset.`

export interface LiveRouteOptions {
  live: LiveStreams
  /** @throws UnauthorizedError  the key of a request, which lasts, is none any more */
  authenticate: (request: FastifyRequest) => Promise<Viewer>
}

/** GET /v1/live. */
export default fp<LiveRouteOptions>(
  async (plain, { live, authenticate }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    const holderOf = (request: FastifyRequest): Holder => ({
      id: keyIn(request) === undefined ? `session ${request.cookies[SESSION_COOKIE]}` : viewerOf(request).actor,
      isStillValid: () =>
        authenticate(request).then(
          () => true,
          err => !(err instanceof UnauthorizedError)
        ) // without a database nothing is told either
    })
    app.addHook('preClose', () => live.close()) // the server waits for requests that have no end

    app.get(
      '/v1/live',
      {
        exposeHeadRoute: false, // it would never end
        schema: {
          tags: ['live'],
          operationId: 'streamChanges',
          summary: 'What changes, as server-sent events',
          description: DESCRIPTION,
          querystring: parameters,
          response: {
            200: { description: 'Server-sent events.', content: { 'text/event-stream': { schema: Type.String() } } },
            ...errors(400, 401, 403, 429, 503)
          }
        }
      },
      async (request, reply) => {
        const interest = interestOf(viewerOf(request), request.query)
        const lastEventId = request.headers['last-event-id'] ?? request.query.lastEventId
        const from = lastEventId === undefined ? null : numberOf(String(lastEventId))
        await live.open(interest, { from, holder: holderOf(request) }, () => {
          reply.hijack()
          return reply.raw
        })
        return reply
      }
    )
  },
  { name: 'live', fastify: '5.x', encapsulate: true }
)

/** What is none of our numbers is one that no change has. */
function numberOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER
}
