import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type, { type Static } from 'typebox'
import { visibleExtensions } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { callHistory, callLegs } from '../../db/schema/calls.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { agentStatus } from '../agents/status.js'
import { defineRoutes } from '../define-routes.js'
import { accountsParameter, partyParameters } from '../list/parameters.js'
import { isOneOf, normalizeParties } from '../list/query-context.js'
import { type CallMeasures, callMeasures, countedCalls, isAnsweredCall, isCallInProgress } from './call-measures.js'
import { inboundRates, rate, SERVICE_LEVEL } from './call-stats-shape.js'
import { type Scope, type StatsOptions, scopeOf, visibleCalls } from './scope.js'

const count = (description: string) => Type.Integer({ minimum: 0, description })
const seconds = (description: string) => orNull(Type.Number({ minimum: 0 }), description)

const callMeasuresShape = Type.Object(
  {
    waiting: count('Inbound calls in progress that nobody has answered, without stale ones.'),
    longestWaitSeconds: seconds('The longest wait among these calls. `null` when none is waiting.'),
    talking: count('Calls in progress, of any direction, in which somebody is talking.'),
    longestTalkSeconds: seconds(
      'The longest of these conversations: since when somebody has been talking without a break. `null` when nobody is.'
    ),
    inboundToday: count('Inbound calls since the start of the day of the account, without the dropped ones.'),
    answeredToday: count('Calls of inboundToday that were answered.'),
    missedToday: count('Calls of inboundToday that rang at an agent and ended unanswered.'),
    abandonedToday: count('Calls of inboundToday that ended before they rang at an agent.'),
    leftToday: count('Callers of today who left before an agent answered, as in GET /v1/stats/calls.'),
    answerRateToday: rate('The answerRate of GET /v1/stats/calls for the calls of today.'),
    abandonmentRateToday: rate('The abandonmentRate of GET /v1/stats/calls for the calls of today.'),
    serviceLevelToday: rate(SERVICE_LEVEL)
  },
  { $id: 'CurrentCallStatistics', description: 'The queue and the calls of today, of all or of one business number.' }
)

const numberKey = Type.Object({
  account: Type.String(),
  businessNumber: orNull(Type.String(), 'In E.164 format. `null` for calls without one.')
})

const agentsShape = Type.Object({
  at: Type.String({ format: 'date-time' }),
  onCall: count('Agents in a conversation. Keys of organizations see those in their own calls.'),
  ringing: count('Agents who are ringing or dialing. Keys of organizations see those in their own calls.'),
  available: count('Idle agents whose presence is available.'),
  dnd: count('Idle agents whose presence is do not disturb.'),
  unknown: count('Idle agents whose presence is unknown.'),
  numbers: Type.Array(
    Type.Unsafe<Static<typeof numberKey> & Static<typeof callMeasuresShape>>({ allOf: [numberKey, callMeasuresShape] }),
    { description: 'The same for each business number with calls in progress or of today, sorted by number.' }
  )
})

const shape = Type.Unsafe<Static<typeof agentsShape> & Static<typeof callMeasuresShape>>({
  $id: 'CurrentStatistics',
  description: 'The queue, the agents and the calls of today. The agents are those of all business numbers.',
  allOf: [agentsShape, callMeasuresShape]
})

const parameters = Type.Object(
  { account: accountsParameter, businessNumber: partyParameters.businessNumber },
  { additionalProperties: false }
)

/** GET /v1/stats/now. */
export default defineRoutes<StatsOptions>('stats-now', async (app, options) => {
  app.get(
    '/v1/stats/now',
    {
      schema: {
        tags: ['statistics'],
        operationId: 'getCurrentStatistics',
        summary: 'Get the queue and the agents now, and the totals of today',
        querystring: parameters,
        response: { 200: shape, ...errors(400, 401) }
      }
    },
    async request => {
      const { db, now: clock } = options
      const now = clock()
      const { account, businessNumber } = request.query
      const scope = scopeOf(options, viewerOf(request), account)
      const numbers = normalizeParties(businessNumber, { regions: options.regionsOf(account) })
      const [queues, agents, today] = await Promise.all([
        measureQueues(db, { scope, numbers, now }),
        countAgents(db, scope, now),
        countToday(db, { scope, numbers, now })
      ])
      const measuresOf = (key: string) => ({ ...toQueue(queues.get(key)), ...toToday(today.get(key)) })
      const keys = [...new Set([...queues.keys(), ...today.keys()])].filter(key => key !== TOTAL)
      return {
        at: now.toISOString(),
        ...agents,
        ...measuresOf(TOTAL),
        numbers: keys.map(key => ({ ...keyOf(queues.get(key) ?? today.get(key)), ...measuresOf(key) })).sort(byNumber)
      }
    }
  )
})

interface NowQuery {
  scope: Scope
  /** Undefined for all. */
  numbers: readonly string[] | undefined
  now: Date
}

/** The account and business number of a row of a grouped query, which are both null in the row of the totals. */
interface NumberKey {
  account: string | null
  businessNumber: string | null
}

const groupKey = ({ account, businessNumber }: NumberKey) => JSON.stringify([account, businessNumber])
const TOTAL = groupKey({ account: null, businessNumber: null })

function keyOf(row: NumberKey | undefined): { account: string; businessNumber: string | null } {
  return { account: row?.account ?? '', businessNumber: row?.businessNumber ?? null }
}

/** Sorts calls without a business number last. */
function byNumber(a: NumberKey, b: NumberKey): number {
  const [one, other] = [a, b].map(({ account, businessNumber }) => `${businessNumber ?? '~'} ${account}`)
  return one === other ? 0 : (one ?? '') < (other ?? '') ? -1 : 1
}

interface Queue extends NumberKey {
  waiting: number
  longestWaitSeconds: number | null
  talking: number
  longestTalkSeconds: number | null
}

function toQueue(queue: Queue | undefined): Omit<Queue, keyof NumberKey> {
  const { waiting = 0, longestWaitSeconds = null, talking = 0, longestTalkSeconds = null } = queue ?? {}
  return { waiting, longestWaitSeconds, talking, longestTalkSeconds }
}

/** Counts the inbound calls that wait for an answer and the conversations, and measures the longest of each. */
async function measureQueues(db: NodePgDatabase, { scope, numbers, now }: NowQuery): Promise<Map<string, Queue>> {
  const c = callHistory
  const isVisible = visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })
  const at = sql`${now}::timestamptz`
  const secondsSince = (instant: SQL) => sql`greatest(0, extract(epoch from ${at} - ${instant}))::float8`
  const { rows } = await db.execute<Queue & Record<string, unknown>>(sql`with open as (
      select ${c.account} as account, ${c.businessNumber} as business_number, ${c.startedAt} as started_at,
        ${c.direction} = 'inbound' and not ${isAnsweredCall} as is_waiting,
        ${c.state} = 'connected' as is_talking, ${talkingSince(at)} as talking_since
      from ${c}
      where ${isCallInProgress(now)} and ${c.account} = any(${sql.param(scope.accounts)}::text[])
        and ${isOneOf(c.businessNumber, numbers) ?? sql`true`} and ${isVisible}
    )
    select account, business_number as "businessNumber",
      (count(*) filter (where is_waiting))::int as waiting,
      case when bool_or(is_waiting) then ${secondsSince(sql`min(started_at) filter (where is_waiting)`)} end
        as "longestWaitSeconds",
      (count(*) filter (where is_talking))::int as talking,
      case when min(talking_since) is not null then ${secondsSince(sql`min(talking_since)`)} end
        as "longestTalkSeconds"
    from open group by grouping sets ((), (account, business_number))`)
  return new Map(rows.map(row => [groupKey(row), row]))
}

/**
 * Returns when the conversation of a call that goes on at the instant began, as SQL. A transfer without a break
 * continues it.
 */
function talkingSince(instant: SQL): SQL {
  const { account, callId, connectedAt, endedAt } = callLegs
  return sql`(
        select lower(x) from unnest((
          select range_agg(tstzrange(${connectedAt}, coalesce(${endedAt}, 'infinity'))) from ${callLegs}
          where ${account} = ${callHistory.account} and ${callId} = ${callHistory.callId}
            and ${connectedAt} < coalesce(${endedAt}, 'infinity')
        )) x where ${callHistory.state} = 'connected' and x @> ${instant}
      )`
}

/**
 * Counts the agents by the status that GET /v1/agents returns. Agents in calls of other organizations are not counted,
 * since their status would disclose those calls.
 */
async function countAgents(db: NodePgDatabase, scope: Scope, now: Date) {
  const all = agentStatus({
    at: now,
    isNow: true,
    viewer: { ...scope.viewer, organization: null },
    accounts: scope.accounts,
    extensions: undefined,
    statuses: undefined,
    after: null,
    limit: 100_000
  })
  const isOwnCall = visibleCalls(scope, {
    account: sql`oc.account`,
    businessNumber: sql`oc.business_number`,
    at: sql`oc.started_at`
  })
  const inOwnCall = sql`exists (
      select from call_history oc
      where oc.account = a.account and oc.call_id = any(a.calls) and ${isOwnCall}
    )`
  const isVisibleAgent =
    visibleExtensions(scope.viewer, { account: sql`a.account`, extension: sql`a.extension` }) ?? sql`true`
  const { rows } = await db.execute<{
    status: string
    count: number
  }>(sql`select status, count(*)::int as count from (${all}) a
    where ${isVisibleAgent} and (a.calls = '{}' or ${inOwnCall})
    group by status`)
  const of = (...statuses: string[]) =>
    rows.filter(({ status }) => statuses.includes(status)).reduce((sum, row) => sum + row.count, 0)
  return {
    onCall: of('on_call'),
    ringing: of('ringing', 'dialing'),
    available: of('available'),
    dnd: of('dnd'),
    unknown: of('unknown')
  }
}

interface Today extends CallMeasures, NumberKey {}

/** Counts the calls since the day began in the time zone of their account. */
async function countToday(db: NodePgDatabase, { scope, numbers, now }: NowQuery): Promise<Map<string, Today>> {
  const { account, businessNumber, startedAt: at } = callHistory
  // The first condition lets Postgres use the index instead of scanning all calls. No day is that long.
  const conditions = sql`${at} > ${now}::timestamptz - interval '2 days'
      and ${at} <= ${now}::timestamptz
      and ${at} >= date_trunc('day', ${now}::timestamptz, t.time_zone)
      and ${isOneOf(businessNumber, numbers) ?? sql`true`}`
  const columns = sql`${account} as account, ${businessNumber} as business_number`
  const { rows } = await db.execute<Today & Record<string, unknown>>(
    sql`with ${countedCalls({ scope, conditions, columns, now })}
      select account, business_number as "businessNumber", ${callMeasures}
      from counted group by grouping sets ((), (account, business_number))`
  )
  return new Map(rows.map(row => [groupKey(row), row]))
}

function toToday(today: Today | undefined) {
  const { left, answerRate, abandonmentRate, serviceLevel } = today ? inboundRates(today) : NO_RATES
  return {
    inboundToday: today?.inbound ?? 0,
    answeredToday: today?.answered ?? 0,
    missedToday: today?.missed ?? 0,
    abandonedToday: today?.abandoned ?? 0,
    leftToday: left,
    answerRateToday: answerRate,
    abandonmentRateToday: abandonmentRate,
    serviceLevelToday: serviceLevel
  }
}

const NO_RATES = { left: 0, answerRate: null, abandonmentRate: null, serviceLevel: null }
