import Type from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { InvalidParameterError, NotFoundError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import type { Instants, TimeTravel } from '../../project/time-travel.js'
import { defineRoutes } from '../define-routes.js'
import { listResponse, pageParameters, pageSchema, sendList } from '../list/page.js'
import { accountParameter, asOfParameter, instantOrDay, readInstantOrDay } from '../list/parameters.js'
import { type QueryOptions, queryContextOf } from '../list/query-context.js'
import { pageReader } from '../list/resource.js'
import { sortParameter } from '../list/resource-routes.js'
import { callsAsOf } from './as-of.js'
import { callParameters, parseCallFilter } from './filter.js'
import { callPath, calls, findCall } from './resource.js'
import { type CallShape, callShape, type StoredCall, toCall } from './schema.js'

export interface CallsOptions extends QueryOptions {
  timeTravel: TimeTravel
}

const nextCursor = orNull(
  Type.String(),
  'The cursor of the next page. `null` on the last page. With `asOf`, a page may hold fewer calls than its limit and ' +
    'not be the last.'
)

const listQuery = Type.Object(
  {
    ...pageParameters,
    asOf: asOfParameter,
    sort: sortParameter(['-startedAt', 'startedAt']),
    ...callParameters.properties
  },
  { additionalProperties: false }
)

const callQuery = Type.Object(
  {
    account: Type.Optional(accountParameter),
    asOf: asOfParameter,
    knownAt: Type.Optional(
      instantOrDay('Use only what had been received by this RFC 3339 instant, or by the start of this day.')
    )
  },
  { additionalProperties: false }
)

/** GET /v1/calls and /v1/calls/:id. */
export default defineRoutes<CallsOptions>('calls', async (app, options) => {
  const { db, timeTravel } = options

  app.get(
    '/v1/calls',
    {
      schema: {
        tags: ['calls'],
        operationId: 'listCalls',
        summary: 'List calls, newest first',
        querystring: listQuery,
        response: { 200: listResponse(pageSchema(callShape, nextCursor)), ...errors(400, 401) }
      }
    },
    async (request, reply) => {
      const { query } = request
      const context = queryContextOf(viewerOf(request), query.account, options)
      const asOf = readInstantOrDay('asOf', query.asOf, context.zones)
      if (asOf && (query.needsCallback || query.group))
        throw new InvalidParameterError('needsCallback and group describe the present: send them without asOf')
      const descending = query.sort === '-startedAt'
      const readPage = asOf
        ? callsAsOf({
            db,
            timeTravel,
            asOf,
            seenFrom: earlier(asOf, context.now),
            filter: parseCallFilter(query, context),
            context,
            descending
          })
        : pageReader(calls, query, { db, context, descending })
      return sendList(reply, {
        zonesOf: options.zonesOf,
        name: 'calls',
        item: callShape,
        query,
        keysetTypes: calls.sortColumns.map(([, type]) => type),
        readPage
      })
    }
  )

  app.get(
    '/v1/calls/:id',
    {
      schema: {
        tags: ['calls'],
        operationId: 'getCall',
        summary: 'Get a call, as it is or as it was at an instant',
        params: callPath,
        querystring: callQuery,
        response: { 200: callShape, ...errors(400, 401, 404, 409) }
      }
    },
    async request => {
      const { account, ...query } = request.query
      const context = queryContextOf(viewerOf(request), account, options)
      // Invalid instants are refused before the call is looked up; the time zone is that of its account.
      for (const name of ['asOf', 'knownAt'] as const) readInstantOrDay(name, query[name], ['UTC'])
      const row = await findCall(db, { id: request.params.id, account }, context)
      const zones = options.zonesOf([row.account])
      const asOf = readInstantOrDay('asOf', query.asOf, zones) ?? undefined
      const knownAt = readInstantOrDay('knownAt', query.knownAt, zones) ?? undefined
      const [call] =
        (asOf ?? knownAt)
          ? [await callAt(timeTravel, row, { asOf, knownAt }, context.now)]
          : await calls.toItems([row], context, db)
      if (!call) throw new NotFoundError('call')
      return call
    }
  )
})

async function callAt(
  timeTravel: TimeTravel,
  key: StoredCall,
  instants: Instants,
  now: Date
): Promise<CallShape | null> {
  const [then] = await timeTravel.callsAt([key], instants)
  return then ? toCall(then.row, then.legs, earlier(instants.asOf ?? instants.knownAt ?? now, now)) : null
}

/** Staleness cannot be judged for an instant in the future, only for the present. */
function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}
