import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { InvalidParameterError, NotFoundError } from '../../errors.js'
import { errors } from '../../http/error-schema.js'
import type { Instants, TimeTravel } from '../../project/time-travel.js'
import { decodeKeyset } from '../list/cursor.js'
import { asOfParameter, instantOf } from '../list/parameters.js'
import { accountParameter, askedBy, type ReadingOptions } from '../list/query-context.js'
import { pagesOf } from '../list/resource.js'
import { answerList, listAnswer, pageParameters } from '../list/respond.js'
import { callsAsOf } from './as-of.js'
import { callParameters, readFilter } from './filter.js'
import { callPath, calls, findCall } from './resource.js'
import { type CallRow, type CallShape, callShape, toCall } from './schema.js'

export interface CallsOptions extends ReadingOptions {
  timeTravel: TimeTravel
}

const nextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'Null: this is the last page. With asOf a page may hold fewer calls than its limit and not be the last.'
})

const listQuery = Type.Object(
  {
    ...pageParameters,
    asOf: asOfParameter,
    sort: Type.Enum(['-startedAt', 'startedAt'], {
      default: '-startedAt',
      description: 'A minus: from the last to the first.'
    }),
    ...callParameters.properties
  },
  { additionalProperties: false }
)

const callQuery = Type.Object(
  {
    account: Type.Optional(accountParameter),
    asOf: asOfParameter,
    knownAt: Type.Optional(
      Type.String({ maxLength: 40, description: 'By what had been received at this instant or day.' })
    )
  },
  { additionalProperties: false }
)

/** GET /v1/calls and /v1/calls/:id. */
export default fp<CallsOptions>(
  async (plain, options) => {
    const { db, timeTravel } = options
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.get(
      '/v1/calls',
      {
        schema: {
          tags: ['calls'],
          summary: 'Calls, newest first',
          querystring: listQuery,
          response: { 200: listAnswer(callShape, nextCursor), ...errors(400, 401) }
        }
      },
      async (request, reply) => {
        const { query } = request
        const asked = askedBy(viewerOf(request), query.account, options)
        const asOf = instantOf('asOf', query.asOf, asked.zones)
        if (asOf && query.needsCallback)
          throw new InvalidParameterError('needsCallback is of now: send it without asOf')
        const descending = query.sort === '-startedAt'
        const pageOf = asOf
          ? callsAsOf({
              db,
              timeTravel,
              asOf,
              seenFrom: earlier(asOf, asked.now),
              filter: readFilter(query, asked),
              asked,
              descending
            })
          : pagesOf(calls, query, { db, asked, descending })
        return answerList(reply, {
          name: 'calls',
          item: callShape,
          query,
          decode: (filter, cursor) => decodeKeyset(calls.columns, filter, cursor),
          pageOf
        })
      }
    )

    app.get(
      '/v1/calls/:id',
      {
        schema: {
          tags: ['calls'],
          summary: 'One call, as it is or as it was',
          params: callPath,
          querystring: callQuery,
          response: { 200: callShape, ...errors(400, 401, 404, 409) }
        }
      },
      async request => {
        const {
          params: { id },
          query: { account, ...query }
        } = request
        const asked = askedBy(viewerOf(request), account, options)
        // what cannot be read is refused before anything is looked for
        for (const name of ['asOf', 'knownAt'] as const) instantOf(name, query[name], ['UTC'])
        const row = await findCall(db, { id, account }, asked)
        const zones = options.zonesOf([row.account])
        const asOf = instantOf('asOf', query.asOf, zones) ?? undefined
        const knownAt = instantOf('knownAt', query.knownAt, zones) ?? undefined
        const [call] =
          (asOf ?? knownAt)
            ? [await callThen(timeTravel, row, { asOf, knownAt }, asked.now)]
            : await calls.show([row], asked, db)
        if (!call) throw new NotFoundError('call')
        return call
      }
    )
  },
  { name: 'calls', fastify: '5.x', encapsulate: true }
)

async function callThen(
  timeTravel: TimeTravel,
  key: CallRow,
  instants: Instants,
  now: Date
): Promise<CallShape | null> {
  const [then] = await timeTravel.callsAt([key], instants)
  return then ? toCall(then.row, then.legs, earlier(instants.asOf ?? instants.knownAt ?? now, now)) : null
}

/** Of an instant to come nobody can say what will be stale. */
function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}
