import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type, { type Static } from 'typebox'
import { type Viewer, viewerOf } from '../../access/viewer.js'
import { cleanName } from '../../events/text.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { listResponse, pageParameters, pageSchema, sendList } from '../list/page.js'
import { accountsParameter, asOfParameter, extensionsParameter, listOf, readInstantOrDay } from '../list/parameters.js'
import { type QueryOptions, queryContextOf } from '../list/query-context.js'
import type { ResourceKey } from '../list/resource.js'
import { LOOK_BACK_HOURS } from './legs.js'
import { type AgentRow, EVIDENCES, findAgents, PRESENCES, STATUSES } from './status.js'

const parameters = Type.Object(
  {
    ...pageParameters,
    asOf: asOfParameter,
    account: accountsParameter,
    extension: extensionsParameter,
    status: listOf(Type.Enum(STATUSES), 'Statuses.')
  },
  { additionalProperties: false }
)

const agentShape = Type.Object(
  {
    account: Type.String(),
    extension: Type.String(),
    name: Type.Union([Type.String(), Type.Null()], {
      description: '`null` for an extension that is known from calls only.'
    }),
    status: Type.Enum(STATUSES, {
      description:
        'A conversation takes precedence over dialing, dialing over ringing, and ringing over the presence. unknown: ' +
        'in no call, and no presence is known.'
    }),
    presence: Type.Union([Type.Enum(PRESENCES), Type.Null()], {
      description: 'The presence that was last reported, even during a call. `null` when unknown.'
    }),
    since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description:
        'The start of the unbroken status: since then the status has not changed, although the calls and legs behind ' +
        'it may have. `null` when unknown.'
    }),
    evidence: Type.Union([Type.Enum(EVIDENCES), Type.Null()], {
      description:
        'How the status is known. inferred: the presence was last confirmed before the last call of the agent ended, ' +
        `or more than ${LOOK_BACK_HOURS} h ago, or an open leg is not counted because the agent has since answered ` +
        'and ended another call. `null` when unknown.'
    }),
    ageSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: 'How long ago the status was confirmed. `null` when unknown.'
    }),
    calls: Type.Array(Type.String(), {
      description:
        'The ids of the calls in which a leg of the agent is open. A leg whose end no event has reported is not ' +
        'counted once the agent has answered and ended another call, or once its call is stale.'
    })
  },
  { $id: 'Agent', description: 'An agent, and the status of the agent.' }
)

export type AgentShape = Static<typeof agentShape>

/** GET /v1/agents. */
export default defineRoutes<QueryOptions>('agents', async (app, options) => {
  const { db } = options

  app.get(
    '/v1/agents',
    {
      schema: {
        tags: ['agents'],
        operationId: 'listAgents',
        summary: 'List agents by extension, with their current or past status',
        querystring: parameters,
        response: { 200: listResponse(pageSchema(agentShape)), ...errors(400, 401) }
      }
    },
    async (request, reply) => {
      const { query } = request
      const { viewer, now, zones } = queryContextOf(viewerOf(request), query.account, options)
      const asOf = readInstantOrDay('asOf', query.asOf, zones)
      const agentQuery = {
        at: asOf ?? now,
        isNow: asOf === null,
        viewer,
        accounts: query.account,
        extensions: query.extension?.flatMap(value => cleanName(value) ?? []),
        statuses: query.status
      }
      return sendList(reply, {
        zonesOf: options.zonesOf,
        name: 'agents',
        item: agentShape,
        query,
        keysetTypes: ['text', 'text'],
        readPage: async (after, limit) => {
          const rows = await findAgents(db, { ...agentQuery, after, limit: limit + 1 })
          const data = rows.slice(0, limit).map(toAgent)
          const last = data.at(-1)
          return { data, next: rows.length > limit && last ? [last.extension, last.account] : null }
        }
      })
    }
  )
})

/** Returns the agents with these accounts and extensions that the viewer may see, in any order. */
export async function findAgentsByIds(
  db: NodePgDatabase,
  viewer: Viewer,
  keys: readonly ResourceKey[],
  now: Date
): Promise<AgentShape[]> {
  if (keys.length === 0) return []
  const [accounts, extensions] = [[...new Set(keys.map(key => key.account))], [...new Set(keys.map(key => key.id))]]
  const rows = await findAgents(db, {
    at: now,
    isNow: true,
    viewer,
    accounts,
    extensions,
    statuses: undefined,
    after: null,
    limit: accounts.length * extensions.length
  })
  const wanted = new Set(keys.map(key => `${key.account} ${key.id}`))
  return rows.filter(row => wanted.has(`${row.account} ${row.extension}`)).map(toAgent)
}

function toAgent({ since, age_seconds: ageSeconds, ...row }: AgentRow): AgentShape {
  return { ...row, since: since === null ? null : new Date(since).toISOString(), ageSeconds }
}
