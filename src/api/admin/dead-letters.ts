import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { actorOf, viewerOf } from '../../access/viewer.js'
import { DEAD_LETTER_STATES } from '../../db/schema/dead-letters.js'
import { InvalidParameterError, StillDeadError } from '../../errors.js'
import { TOPICS } from '../../events/topics.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'
import { anyOf, decodeCursor, encodeCursor, type Keyset, listParameters } from '../list/parameters.js'
import { accountParameter } from '../list/query-context.js'
import {
  findLetters,
  inspectLetter,
  letterShape,
  placeOf,
  requireLetter,
  wholeLetterShape
} from './find-dead-letters.js'

export interface DeadLettersOptions {
  db: NodePgDatabase
  repairs: Repairs
}

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: anyOf(accountParameter, 'MightyCall accounts.'),
    accountUnknown: Type.Boolean({ default: false, description: 'Only those of which the account cannot be told.' }),
    topic: anyOf(Type.Enum([...TOPICS]), 'Topics, without their prefix.'),
    code: anyOf(Type.String({ pattern: '^[A-Z0-9_]{1,60}$' }), 'Codes.'),
    state: anyOf(Type.Enum([...DEAD_LETTER_STATES]), 'States.')
  },
  { additionalProperties: false }
)

const page = Type.Object({
  data: Type.Array(letterShape),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })
})

const path = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,18}$' }) })

const outcome = (description: string) =>
  Type.Object({
    state: Type.Enum([...DEAD_LETTER_STATES]),
    changed: Type.Boolean({ description })
  })

const redriven = Type.Object({
  ...outcome('False: it had been redriven before, and nothing was done.').properties,
  foldFailed: Type.Boolean({
    description: 'Its event is stored, but its row could not be folded: see /v1/failed-entities.'
  })
})

const discardBody = Type.Union([
  Type.Object(
    {
      reason: Type.Optional(Type.String({ maxLength: 500, description: 'Why, for those who read it later.' }))
    },
    { additionalProperties: false }
  ),
  Type.Null()
])

/** GET /v1/dead-letters and /v1/dead-letters/:id, POST /v1/dead-letters/:id/redrive and /discard. */
export default fp<DeadLettersOptions>(
  async (plain, { db, repairs }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    const tags = ['dead letters']

    app.get(
      '/v1/dead-letters',
      {
        schema: {
          tags,
          summary: 'Records that could not be projected, last died first',
          querystring: parameters,
          response: { 200: page, ...errors(400, 401) }
        }
      },
      async request => {
        const { limit, cursor, ...filter } = request.query
        const rows = await findLetters(
          db,
          {
            viewer: viewerOf(request),
            accounts: filter.account,
            isAccountUnknown: filter.accountUnknown,
            topics: filter.topic,
            codes: filter.code,
            states: filter.state
          },
          { place: cursor === undefined ? null : placeIn(filter, cursor), limit: limit + 1 }
        )
        const data = rows.slice(0, limit)
        const last = data.at(-1)
        return { data, nextCursor: rows.length > limit && last ? encodeCursor(filter, placeOf(last)) : null }
      }
    )

    app.get(
      '/v1/dead-letters/:id',
      {
        schema: {
          tags,
          summary: 'One of them, with all that it holds',
          params: path,
          response: { 200: wholeLetterShape, ...errors(400, 401, 404) }
        }
      },
      async request => inspectLetter(db, viewerOf(request), request.params.id)
    )

    app.post(
      '/v1/dead-letters/:id/redrive',
      {
        schema: {
          tags,
          summary: "Project it by today's code; a second time changes nothing",
          params: path,
          response: { 200: redriven, ...errors(400, 401, 404, 422) }
        }
      },
      async request => {
        await requireLetter(db, viewerOf(request), request.params.id)
        const { state, changed, refusal, failures } = await repairs.redrive(request.params.id, actorOf(request))
        if (refusal) throw new StillDeadError(`${refusal.reason} (${refusal.code})`)
        return { state, changed, foldFailed: failures.length > 0 }
      }
    )

    app.post(
      '/v1/dead-letters/:id/discard',
      {
        schema: {
          tags,
          summary: 'Note that it needs nothing more; it is kept',
          params: path,
          body: discardBody,
          response: {
            200: outcome('False: it had been discarded before, and nothing was done.'),
            ...errors(400, 401, 404, 409)
          }
        }
      },
      async request => {
        await requireLetter(db, viewerOf(request), request.params.id)
        const changed = await repairs.discard(request.params.id, actorOf(request), request.body?.reason ?? null)
        return { state: 'discarded' as const, changed }
      }
    )
  },
  { name: 'dead-letters', fastify: '5.x', encapsulate: true }
)

function placeIn(filter: object, cursor: string): Keyset {
  const place = decodeCursor(filter, cursor, 2)
  if (!/^[0-9]{1,18}$/.test(place[1] ?? ''))
    throw new InvalidParameterError('cursor is none of ours: send a nextCursor as it was')
  return place
}
