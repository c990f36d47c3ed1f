import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import { actorOf, viewerOf } from '../../access/viewer.js'
import { DEAD_LETTER_STATES } from '../../db/schema/dead-letters.js'
import { StillDeadError } from '../../errors.js'
import { TOPICS } from '../../events/topics.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor } from '../list/cursor.js'
import { pageSchema, toPage } from '../list/page.js'
import { accountsParameter, listOf, listParameters } from '../list/parameters.js'
import {
  findLetters,
  inspectLetter,
  letterKeyset,
  letterShape,
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
    account: accountsParameter,
    accountUnknown: Type.Boolean({ default: false, description: 'Only records whose account is unknown.' }),
    topic: listOf(Type.Enum([...TOPICS]), 'Topics, without their prefix.'),
    code: listOf(Type.String({ pattern: '^[A-Z0-9_]{1,60}$' }), 'Codes.'),
    state: listOf(Type.Enum([...DEAD_LETTER_STATES]), 'States.')
  },
  { additionalProperties: false }
)

const page = pageSchema(letterShape)

const path = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,18}$' }) })

const outcome = (description: string) => ({
  state: Type.Enum([...DEAD_LETTER_STATES]),
  changed: Type.Boolean({ description })
})

const redriven = Type.Object(
  {
    ...outcome('Whether the request changed anything. `false` when the dead letter had been redriven before.'),
    foldFailed: Type.Boolean({
      description: 'Whether the event was stored but its entity could not be folded: see /v1/failed-entities.'
    })
  },
  { $id: 'RedriveResult', description: 'The state of the dead letter after a redrive.' }
)

const discarded = Type.Object(
  outcome('Whether the request changed anything. `false` when the dead letter had been discarded before.'),
  { $id: 'DiscardResult', description: 'The state of the dead letter after a discard.' }
)

const discardBody = Type.Union([
  Type.Object(
    {
      reason: Type.Optional(Type.String({ maxLength: 500, description: 'The reason, for later readers.' }))
    },
    { additionalProperties: false }
  ),
  Type.Null()
])

/** GET /v1/dead-letters and /v1/dead-letters/:id, POST /v1/dead-letters/:id/redrive and /discard. */
export default defineRoutes<DeadLettersOptions>('dead-letters', async (app, { db, repairs }) => {
  const tags = ['dead letters']

  app.get(
    '/v1/dead-letters',
    {
      schema: {
        tags,
        operationId: 'listDeadLetters',
        summary: 'List records that could not be projected, the latest first',
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
        { place: decodeCursor(cursor, filter, ['timestamptz', 'bigint']), limit: limit + 1 }
      )
      return toPage(rows, { limit, filter, keysetOf: letterKeyset })
    }
  )

  app.get(
    '/v1/dead-letters/:id',
    {
      schema: {
        tags,
        operationId: 'getDeadLetter',
        summary: 'Get a dead letter, with its content',
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
        operationId: 'redriveDeadLetter',
        summary: 'Project a dead letter again. Repeating the request changes nothing',
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
        operationId: 'discardDeadLetter',
        summary: 'Mark a dead letter as discarded. It is kept',
        params: path,
        body: discardBody,
        response: {
          200: discarded,
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
})
