import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { and, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import type { CountryCode } from 'libphonenumber-js/min'
import Type from 'typebox'
import { callHistory, callLegs } from '../db/schema/calls.js'
import { NotFoundError } from '../errors.js'
import type { Instants, TimeTravel } from '../project/time-travel.js'
import { accountParameter, behind, callParameters, conditions, orderOf, readFilter } from './call-filter.js'
import { type CallRow, type CallShape, callShape, toCall } from './call-shape.js'
import { findCallsAsOf } from './calls-as-of.js'
import { errors } from './errors.js'
import { callPath, findCall } from './find-call.js'
import { asOfParameter, decodeCursor, encodeCursor, instantOf } from './list.js'

export interface CallsOptions {
  db: NodePgDatabase
  now: () => Date
  /** Where a number without a country code may be: the distinct regions of these accounts, or of all. */
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  timeTravel: TimeTravel
}

const page = Type.Object({
  data: Type.Array(callShape),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page. With asOf a page may hold fewer calls than its limit and not be the last.' })
})

const callQuery = Type.Object({
  account: Type.Optional(accountParameter),
  asOf: asOfParameter,
  knownAt: Type.Optional(Type.String({ maxLength: 40, description: 'By what had been received at this instant or day.' }))
}, { additionalProperties: false })

/** GET /v1/calls and /v1/calls/:id. */
export default fp<CallsOptions>(async (plain, { db, now, regionsOf, timeTravel }) => {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/v1/calls', {
    schema: { tags: ['calls'], summary: 'Calls, newest first', querystring: callParameters, response: { 200: page, ...errors(400, 401) } }
  }, async ({ query }) => {
    const { limit, cursor, ...parameters } = query
    const filter = readFilter(parameters, regionsOf(parameters.account))
    const asOf = instantOf('asOf', query.asOf)
    const place = cursor === undefined ? null : decodeCursor(parameters, cursor, 3)
    if (asOf) {
      const found = await findCallsAsOf({ db, timeTravel, asOf, seenFrom: earlier(asOf, now()), filter, sort: query.sort, limit, place })
      return { data: found.data, nextCursor: found.place && encodeCursor(parameters, found.place) }
    }
    const rows = await db.select().from(callHistory)
      .where(and(...conditions(filter), place ? behind(query.sort, place) : undefined))
      .orderBy(orderOf(query.sort))
      .limit(limit + 1)
    const data = await withLegs(db, rows.slice(0, limit), now())
    const last = data.at(-1)
    return { data, nextCursor: rows.length > limit && last ? encodeCursor(parameters, [last.startedAt, last.account, last.id]) : null }
  })

  app.get('/v1/calls/:id', {
    schema: { tags: ['calls'], summary: 'One call, as it is or as it was', params: callPath, querystring: callQuery, response: { 200: callShape, ...errors(400, 401, 404, 409) } }
  }, async ({ params, query }) => {
    const asOf = instantOf('asOf', query.asOf) ?? undefined
    const knownAt = instantOf('knownAt', query.knownAt) ?? undefined
    const row = await findCall(db, params.id, query.account)
    const call = asOf ?? knownAt ? await callThen(timeTravel, row, { asOf, knownAt }, now()) : (await withLegs(db, [row], now()))[0]
    if (!call) throw new NotFoundError('call')
    return call
  })
}, { name: 'calls', fastify: '5.x', encapsulate: true })

async function callThen (timeTravel: TimeTravel, key: CallRow, instants: Instants, now: Date): Promise<CallShape | null> {
  const [then] = await timeTravel.callsAt([key], instants)
  return then ? toCall(then.row, then.legs, earlier(instants.asOf ?? instants.knownAt ?? now, now)) : null
}

/** Of an instant to come nobody can say what will be stale. */
function earlier (a: Date, b: Date): Date {
  return a < b ? a : b
}

export async function withLegs (db: NodePgDatabase, rows: readonly CallRow[], now: Date): Promise<CallShape[]> {
  if (rows.length === 0) return []
  const accounts = sql.param(rows.map(row => row.account))
  const ids = sql.param(rows.map(row => row.callId))
  const legs = await db.select().from(callLegs)
    .where(sql`(${callLegs.account}, ${callLegs.callId}) in (select * from unnest(${accounts}::text[], ${ids}::text[]))`)
  return rows.map(row => toCall(row, legs.filter(leg => leg.account === row.account && leg.callId === row.callId), now))
}
