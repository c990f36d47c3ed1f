import Type, { type Static } from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { cleanName } from '../../events/text.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS, isDay } from '../../lib/instant.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor, type Keyset } from '../list/cursor.js'
import { sendExport } from '../list/export.js'
import { exportOf, exportParameters, listResponse, nextCursor, timeZoneOfItem, toPage } from '../list/page.js'
import { accountsParameter, extensionsParameter, listParameters, readInstantOrDay } from '../list/parameters.js'
import { type AgentStatsRow, findAgentStats } from './agent-stats.js'
import { ratio } from './call-stats-shape.js'
import { type StatsOptions, scopeOf, timeZoneOf } from './scope.js'

const MAX_DAYS = 366

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    ...exportParameters,
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'The start of the interval, inclusive: an instant or a day. 24 h before `until` when omitted.'
      })
    ),
    until: Type.Optional(
      Type.String({
        maxLength: 40,
        description: `The end of the interval, exclusive. Now when omitted. At most ${MAX_DAYS} days after \`since\`.`
      })
    ),
    account: accountsParameter,
    extension: extensionsParameter
  },
  { additionalProperties: false }
)

const count = (description: string) => Type.Integer({ minimum: 0, description })
const seconds = (description: string) =>
  orNull(
    Type.Number({ minimum: 0 }),
    `${description} \`null\` when no presence is known, and for keys of organizations.`
  )

const shape = Type.Object(
  {
    account: Type.String(),
    extension: Type.String(),
    name: orNull(Type.String(), '`null` for an extension that is known from calls only.'),
    offered: count(
      'Legs that rang or were connected at the agent = answered + missed + answeredElsewhere + those still ringing.'
    ),
    answered: count('Offered legs that the agent answered.'),
    missed: count('Offered legs that ended unanswered, without those answered elsewhere.'),
    answeredElsewhere: count(
      'Offered legs that ended unanswered because another extension answered the same call while they rang, as in a ' +
        'ring group. They are in no rate.'
    ),
    dialed: count('Legs in which the agent was the caller.'),
    handled: count('Distinct calls in which the agent had a conversation.'),
    talkSeconds: Type.Number({ minimum: 0, description: 'The total length of the conversations that have ended.' }),
    averageTalkSeconds: orNull(Type.Number({ minimum: 0 }), 'talkSeconds / handled. `null` when handled is 0.'),
    answerRate: orNull(
      Type.Number({ minimum: 0, maximum: 1 }),
      'answered / (answered + missed), without calls in progress. `null` when the divisor is 0.'
    ),
    presenceKnownSeconds: seconds(
      'The part of the interval in which the presence is known. The following times lie in it.'
    ),
    onCallSeconds: seconds('The time in conversations.'),
    ringingSeconds: seconds('The time spent ringing or dialing, without conversations.'),
    availableSeconds: seconds('The time spent available and idle.'),
    occupancy: orNull(
      Type.Number({ minimum: 0, maximum: 1 }),
      '(onCallSeconds + ringingSeconds) / (availableSeconds + onCallSeconds + ringingSeconds). `null` when no ' +
        'presence is known, when the divisor is 0, and for keys of organizations, since agents may work for others ' +
        'as well.'
    )
  },
  { $id: 'AgentStatistics', description: 'The legs, talk times and occupancy of one agent.' }
)

const page = Type.Object(
  {
    since: Type.String({ format: 'date-time' }),
    until: Type.String({ format: 'date-time' }),
    data: Type.Array(shape),
    nextCursor
  },
  { $id: 'AgentStatisticsPage', description: 'A page of statistics, and the interval that they cover.' }
)

/** GET /v1/stats/agents. */
export default defineRoutes<StatsOptions>('stats-agents', async (app, options) => {
  app.get(
    '/v1/stats/agents',
    {
      schema: {
        tags: ['statistics'],
        operationId: 'listAgentStatistics',
        summary: 'List what each agent was offered, answered and missed, and the occupancy',
        querystring: parameters,
        response: { 200: listResponse(page), ...errors(400, 401) }
      }
    },
    async (request, reply) => {
      const { limit, cursor, format, bom, times, ...filter } = request.query
      const file = exportOf({ format, bom, times }, timeZoneOfItem(options.zonesOf))
      const scope = scopeOf(options, viewerOf(request), filter.account)
      const now = options.now()
      const timeZone = isDay(filter.since) || isDay(filter.until) ? timeZoneOf(scope) : 'UTC'
      const until = readInstantOrDay('until', filter.until, [timeZone]) ?? now
      const since = readInstantOrDay('since', filter.since, [timeZone]) ?? new Date(until.getTime() - DAY_MS)
      if (since >= until) throw new InvalidParameterError('since must be before until')
      if (until.getTime() - since.getTime() > MAX_DAYS * DAY_MS)
        throw new InvalidParameterError(`until must be at most ${MAX_DAYS} days after since`)
      const extensions = filter.extension?.flatMap(value => cleanName(value) ?? [])
      const findRows = async (after: Keyset | null, limit: number) =>
        (await findAgentStats(options.db, { scope, since, until, now, extensions, after, limit: limit + 1 })).map(
          toShape
        )
      const after = decodeCursor(cursor, filter, ['text', 'text'])
      const keysetOf = (row: Static<typeof shape>): Keyset => [row.extension, row.account]
      if (file)
        return sendExport(reply, file.format, {
          name: 'agent-statistics',
          item: shape,
          csv: file.csv,
          after,
          readPage: async (after, limit) => {
            const rows = await findRows(after, limit)
            const last = rows[limit - 1]
            return { data: rows.slice(0, limit), next: rows.length > limit && last ? keysetOf(last) : null }
          }
        })
      return reply.send({
        since: since.toISOString(),
        until: until.toISOString(),
        ...toPage(await findRows(after, limit), { limit, filter, keysetOf })
      })
    }
  )
})

function toShape({
  settledAnswered,
  settledMissed,
  knownSeconds,
  onCallSeconds,
  ringingSeconds,
  availableSeconds,
  ...row
}: AgentStatsRow): Static<typeof shape> {
  const busy = (onCallSeconds ?? 0) + (ringingSeconds ?? 0)
  return {
    ...row,
    averageTalkSeconds: ratio(row.talkSeconds, row.handled),
    answerRate: ratio(settledAnswered, settledAnswered + settledMissed),
    presenceKnownSeconds: knownSeconds,
    onCallSeconds,
    ringingSeconds,
    availableSeconds,
    occupancy: knownSeconds === null ? null : ratio(busy, busy + (availableSeconds ?? 0))
  }
}
