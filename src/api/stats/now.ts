import { sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import { visibleExtensions } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { callHistory } from '../../db/schema/calls.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { agentStatus } from '../agents/status.js'
import { defineRoutes } from '../define-routes.js'
import { accountsParameter } from '../list/parameters.js'
import { type CallMeasures, callMeasures, countedCalls, isAnsweredCall, isCallInProgress } from './call-measures.js'
import { inboundRates, rate, SERVICE_LEVEL } from './call-stats-shape.js'
import { type Scope, type StatsOptions, scopeOf, visibleCalls } from './scope.js'

const count = (description: string) => Type.Integer({ minimum: 0, description })

const shape = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    waiting: count('Inbound calls in progress that nobody has answered, without stale ones.'),
    longestWaitSeconds: orNull(
      Type.Number({ minimum: 0 }),
      'The longest wait among these calls. `null` when none is waiting.'
    ),
    onCall: count('Agents in a conversation. Keys of organizations see those in their own calls.'),
    ringing: count('Agents who are ringing or dialing. Keys of organizations see those in their own calls.'),
    available: count('Idle agents whose presence is available.'),
    dnd: count('Idle agents whose presence is do not disturb.'),
    unknown: count('Idle agents whose presence is unknown.'),
    inboundToday: count('Inbound calls since the start of the day of the account, without the dropped ones.'),
    answeredToday: count('Calls of inboundToday that were answered.'),
    answerRateToday: rate('The answerRate of GET /v1/stats/calls for the calls of today.'),
    serviceLevelToday: rate(SERVICE_LEVEL)
  },
  { $id: 'CurrentStatistics', description: 'The queue, the agents and the calls of today.' }
)

const parameters = Type.Object({ account: accountsParameter }, { additionalProperties: false })

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
      const scope = scopeOf(options, viewerOf(request), request.query.account)
      const [queue, agents, today] = await Promise.all([
        measureQueue(db, scope, now),
        countAgents(db, scope, now),
        countToday(db, scope, now)
      ])
      const { answerRate, serviceLevel } = today ? inboundRates(today) : NO_RATES
      return {
        at: now.toISOString(),
        ...queue,
        ...agents,
        inboundToday: today?.inbound ?? 0,
        answeredToday: today?.answered ?? 0,
        answerRateToday: answerRate,
        serviceLevelToday: serviceLevel
      }
    }
  )
})

const NO_RATES = { answerRate: null, serviceLevel: null }

/** Counts the inbound calls that wait for an answer, and measures the longest wait. */
async function measureQueue(db: NodePgDatabase, scope: Scope, now: Date) {
  const c = callHistory
  const isVisible = visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })
  const {
    rows: [row]
  } = await db.execute<{
    waiting: number
    longest: number | null
  }>(sql`select count(*)::int as waiting,
      greatest(0, extract(epoch from ${now}::timestamptz - min(${c.startedAt})))::float8 as longest
    from ${c}
    where ${isCallInProgress(now)} and ${c.direction} = 'inbound' and not ${isAnsweredCall}
      and ${c.account} = any(${sql.param(scope.accounts)}::text[])
      and ${isVisible}`)
  return { waiting: row?.waiting ?? 0, longestWaitSeconds: row?.waiting ? row.longest : null }
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

/** Counts the calls since the day began in the time zone of their account. */
async function countToday(db: NodePgDatabase, scope: Scope, now: Date): Promise<CallMeasures | undefined> {
  const at = callHistory.startedAt
  // The first condition lets Postgres use the index instead of scanning all calls. No day is that long.
  const today = sql`${at} > ${now}::timestamptz - interval '2 days'
      and ${at} <= ${now}::timestamptz
      and ${at} >= date_trunc('day', ${now}::timestamptz, t.time_zone)`
  const {
    rows: [row]
  } = await db.execute<CallMeasures & Record<string, unknown>>(
    sql`with ${countedCalls({ scope, conditions: today, columns: sql`null as bucket`, now })}
      select ${callMeasures} from counted`
  )
  return row
}
