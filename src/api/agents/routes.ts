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
    name: Type.Union([Type.String(), Type.Null()], { description: 'Null: only seen in calls.' }),
    status: Type.Enum(STATUSES, {
      description:
        'A talk wins over dialing, dialing over ringing, and that over the presence. Unknown: in no call, and nobody told the presence.'
    }),
    presence: Type.Union([Type.Enum(PRESENCES), Type.Null()], {
      description: 'As last told, in a call too. Null: nobody told it.'
    }),
    since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'When the status began. Null: it is unknown.'
    }),
    evidence: Type.Union([Type.Enum(EVIDENCES), Type.Null()], {
      description: `How it is known. Inferred: the presence was last confirmed before the agent's last call ended, or more than ${LOOK_BACK_HOURS} h ago. Null: it is unknown.`
    }),
    ageSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: 'How old that knowledge is. Null: there is none.'
    }),
    calls: Type.Array(Type.String(), { description: 'The calls in which a leg of the agent is open.' })
  },
  { $id: 'Agent', description: 'What an agent does.' }
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
        summary: 'Agents by extension, with what they do or did',
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

/** Those of them that the viewer may see, by account and extension, in no order. */
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
