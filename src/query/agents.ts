import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import { cleanName } from '../events/text.js'
import { LOOK_BACK_HOURS } from './agent-legs.js'
import { type AgentRow, EVIDENCES, findAgents, PRESENCES, STATUSES } from './agent-status.js'
import { accountParameter } from './call-filter.js'
import { errors } from './errors.js'
import { anyOf, asOfParameter, decodeTextCursor, encodeCursor, instantOf, listParameters } from './list.js'

export interface AgentsOptions {
  db: NodePgDatabase
  now: () => Date
}

const parameters = Type.Object({
  limit: listParameters.limit,
  cursor: listParameters.cursor,
  asOf: asOfParameter,
  account: anyOf(accountParameter, 'MightyCall accounts.'),
  extension: anyOf(Type.String({ minLength: 1, maxLength: 100 }), 'Extensions.'),
  status: anyOf(Type.Enum(STATUSES), 'Statuses.')
}, { additionalProperties: false })

const agentShape = Type.Object({
  account: Type.String(),
  extension: Type.String(),
  name: Type.Union([Type.String(), Type.Null()], { description: 'Null: only seen in calls.' }),
  status: Type.Enum(STATUSES, { description: 'A talk wins over dialing, dialing over ringing, and that over the presence. Unknown: in no call, and nobody told the presence.' }),
  presence: Type.Union([Type.Enum(PRESENCES), Type.Null()], { description: 'As last told, in a call too. Null: nobody told it.' }),
  since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'When the status began. Null: it is unknown.' }),
  evidence: Type.Union([Type.Enum(EVIDENCES), Type.Null()], { description: `How it is known. Inferred: the presence was last confirmed before the agent's last call ended, or more than ${LOOK_BACK_HOURS} h ago. Null: it is unknown.` }),
  ageSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: 'How old that knowledge is. Null: there is none.' }),
  calls: Type.Array(Type.String(), { description: 'The calls in which a leg of the agent is open.' })
}, { title: 'agent', description: 'What an agent does.' })

const page = Type.Object({
  data: Type.Array(agentShape),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })
})

/** GET /v1/agents. */
export default fp<AgentsOptions>(async (plain, { db, now }) => {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/v1/agents', {
    schema: { tags: ['agents'], summary: 'Agents by extension, with what they do or did', querystring: parameters, response: { 200: page, ...errors(400, 401) } }
  }, async ({ query }) => {
    const { limit, cursor, ...filter } = query
    const asOf = instantOf('asOf', filter.asOf)
    const rows = await findAgents(db, {
      at: asOf ?? now(),
      isNow: asOf === null,
      accounts: filter.account,
      extensions: filter.extension?.flatMap(value => cleanName(value) ?? []),
      statuses: filter.status,
      place: cursor === undefined ? null : decodeTextCursor(filter, cursor, 2),
      limit: limit + 1
    })
    const data = rows.slice(0, limit).map(toAgent)
    const last = data.at(-1)
    return { data, nextCursor: rows.length > limit && last ? encodeCursor(filter, [last.extension, last.account]) : null }
  })
}, { name: 'agents', fastify: '5.x', encapsulate: true })

export function toAgent ({ since, age_seconds: ageSeconds, ...row }: AgentRow): Static<typeof agentShape> {
  return { ...row, since: since === null ? null : new Date(since).toISOString(), ageSeconds }
}
