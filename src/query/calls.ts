import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import type { CountryCode } from 'libphonenumber-js/min'
import Type, { type Static } from 'typebox'
import { callHistory, callLegs } from '../db/schema/calls.js'
import { AmbiguousIdError, NotFoundError } from '../errors.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { cleanName, normalizeParty } from '../events/text.js'
import { type CallRow, type CallShape, callShape, DIRECTIONS, OUTCOMES, STATES, toCall } from './call-shape.js'
import { errors } from './errors.js'
import { anyOf, decodeCursor, encodeCursor, instantOf, listParameters } from './list.js'

export interface CallsOptions {
  db: NodePgDatabase
  now: () => Date
  /** Where a number without a country code may be: the distinct regions of these accounts, or of all. */
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
}

const text = Type.String({ minLength: 1, maxLength: 100 })
const account = Type.String({ pattern: ACCOUNT_PATTERN })

const parameters = Type.Object({
  ...listParameters,
  sort: Type.Union([Type.Literal('-startedAt'), Type.Literal('startedAt')], { default: '-startedAt', description: 'Newest or oldest first.' }),
  account: anyOf(account, 'MightyCall accounts.'),
  businessNumber: anyOf(text, 'Business numbers, in any format.'),
  client: anyOf(text, "Clients' numbers in any format, or names of site widgets."),
  extension: anyOf(text, 'Calls with a leg of one of these extensions.'),
  direction: anyOf(Type.Enum(DIRECTIONS), 'Directions.'),
  state: anyOf(Type.Enum(STATES), 'States.'),
  outcome: anyOf(Type.Enum(OUTCOMES), 'Outcomes; only a call that has ended has one.')
}, { additionalProperties: false })

type Parameters = Static<typeof parameters>

const page = Type.Object({
  data: Type.Array(callShape),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })
})

/** GET /v1/calls and /v1/calls/:id. */
export default fp<CallsOptions>(async (plain, { db, now, regionsOf }) => {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/v1/calls', {
    schema: { tags: ['calls'], summary: 'Calls, newest first', querystring: parameters, response: { 200: page, ...errors(400, 401) } }
  }, async ({ query }) => {
    const { limit, cursor, ...filter } = query
    const rows = await db.select().from(callHistory)
      .where(and(...conditions(filter, regionsOf(filter.account)), cursor === undefined ? undefined : after(filter, cursor)))
      .orderBy(filter.sort === 'startedAt' ? sql`started_at, account, call_id` : sql`started_at desc, account desc, call_id desc`)
      .limit(limit + 1)
    const data = await withLegs(db, rows.slice(0, limit), now())
    const last = data.at(-1)
    return { data, nextCursor: rows.length > limit && last ? encodeCursor(filter, [last.startedAt, last.account, last.id]) : null }
  })

  app.get('/v1/calls/:id', {
    schema: {
      tags: ['calls'],
      summary: 'One call',
      params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100, description: "MightyCall's id of the call." }) }),
      querystring: Type.Object({ account: Type.Optional(account) }, { additionalProperties: false }),
      response: { 200: callShape, ...errors(400, 401, 404, 409) }
    }
  }, async ({ params, query }) => {
    if (params.id.includes('\u0000')) throw new NotFoundError('call')
    const rows = await db.select().from(callHistory)
      .where(and(eq(callHistory.callId, params.id), query.account === undefined ? undefined : eq(callHistory.account, query.account))).limit(2)
    if (rows.length > 1) throw new AmbiguousIdError()
    const [call] = await withLegs(db, rows, now())
    if (!call) throw new NotFoundError('call')
    return call
  })
}, { name: 'calls', fastify: '5.x', encapsulate: true })

function conditions (filter: Omit<Parameters, 'limit' | 'cursor'>, regions: readonly CountryCode[]): (SQL | undefined)[] {
  const since = instantOf('since', filter.since)
  const until = instantOf('until', filter.until)
  const among = (column: FilteredColumn, values: readonly string[] | undefined) => values && inArray(column, [...values])
  const parties = (values: readonly string[] | undefined) => values && [...new Set(values.flatMap(value => regions.map(region => normalizeParty(value, region) ?? '')))]
  const clients = parties(filter.client)
  const extensions = filter.extension?.flatMap(value => cleanName(value) ?? [])
  return [
    since ? sql`${callHistory.startedAt} >= ${since}` : undefined,
    until ? sql`${callHistory.startedAt} < ${until}` : undefined,
    among(callHistory.account, filter.account),
    among(callHistory.businessNumber, parties(filter.businessNumber)),
    clients && sql`(${inArray(callHistory.clientNumber, clients)} or ${inArray(callHistory.clientName, clients)})`,
    extensions && sql`exists (select from ${callLegs} where ${callLegs.account} = ${callHistory.account} and ${callLegs.callId} = ${callHistory.callId} and ${inArray(callLegs.extension, extensions)})`,
    among(callHistory.direction, filter.direction),
    among(callHistory.state, filter.state),
    among(callHistory.outcome, filter.outcome)
  ]
}

type FilteredColumn = typeof callHistory.account | typeof callHistory.businessNumber | typeof callHistory.direction | typeof callHistory.state | typeof callHistory.outcome

function after (filter: Omit<Parameters, 'limit' | 'cursor'>, cursor: string): SQL {
  const [startedAt, account, callId] = decodeCursor(filter, cursor, 3)
  const than = sql.raw(filter.sort === 'startedAt' ? '>' : '<')
  return sql`(started_at, account, call_id) ${than} (${startedAt}::timestamptz, ${account}, ${callId})`
}

async function withLegs (db: NodePgDatabase, rows: readonly CallRow[], now: Date): Promise<CallShape[]> {
  if (rows.length === 0) return []
  const accounts = sql.param(rows.map(row => row.account))
  const ids = sql.param(rows.map(row => row.callId))
  const legs = await db.select().from(callLegs)
    .where(sql`(${callLegs.account}, ${callLegs.callId}) in (select * from unnest(${accounts}::text[], ${ids}::text[]))`)
    .orderBy(sql`coalesce(ringing_at, connected_at), extension, attempt`)
  return rows.map(row => toCall(row, legs.filter(leg => leg.account === row.account && leg.callId === row.callId), now))
}
