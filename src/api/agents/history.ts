import { sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type, { type Static } from 'typebox'
import { visible, visibleExtensions } from '../../access/row-visibility.js'
import { type Viewer, viewerOf } from '../../access/viewer.js'
import { staleAt } from '../../db/stale-calls.js'
import { AmbiguousIdError, InvalidParameterError, NotFoundError } from '../../errors.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS } from '../../lib/instant.js'
import { defineRoutes } from '../define-routes.js'
import { accountParameter, listParameters, nameParameter, readInstantOrDay } from '../list/parameters.js'
import { epochMillis, type QueryOptions, queryContextOf, requestedAccounts } from '../list/query-context.js'
import { MAX_RING_SECONDS, matchesAny } from './legs.js'
import { STATUSES } from './status.js'

const MAX_DAYS = 31
/** Legs of calls that began longer than this before the interval are not searched. */
const LOOK_BACK_MS = DAY_MS

const spanShape = Type.Object(
  {
    status: Type.Enum(STATUSES, { description: 'The status, as in GET /v1/agents.' }),
    from: Type.String({ format: 'date-time' }),
    until: Type.String({
      format: 'date-time',
      description: 'The end of the period. For the last period: the end of the requested interval, or now.'
    }),
    seconds: Type.Number({ minimum: 0 }),
    calls: Type.Array(Type.String(), { description: 'The ids of the calls in which a leg of the agent was open.' })
  },
  { $id: 'AgentSpan', description: 'A period during which the status and the calls of an agent did not change.' }
)

const history = Type.Object(
  {
    account: Type.String(),
    extension: Type.String(),
    data: Type.Array(spanShape, { description: 'Oldest first, without gaps.' })
  },
  { $id: 'AgentHistory', description: 'What an agent did during an interval.' }
)

const parameters = Type.Object(
  {
    account: Type.Optional(accountParameter),
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'The start of the interval, inclusive: an instant or a day. 24 h before `until` when omitted.'
      })
    ),
    until: listParameters.until
  },
  { additionalProperties: false }
)

/** GET /v1/agents/:extension/history. */
export default defineRoutes<QueryOptions>('agent-history', async (app, options) => {
  app.get(
    '/v1/agents/:extension/history',
    {
      schema: {
        tags: ['agents'],
        operationId: 'getAgentHistory',
        summary: `Get what an agent did during an interval of at most ${MAX_DAYS} days`,
        params: Type.Object({ extension: nameParameter }),
        querystring: parameters,
        response: { 200: history, ...errors(400, 401, 404, 409) }
      }
    },
    async request => {
      const {
        params: { extension },
        query
      } = request
      const { viewer, now, zones } = queryContextOf(viewerOf(request), query.account, options)
      const until = new Date(Math.min((readInstantOrDay('until', query.until, zones) ?? now).getTime(), now.getTime()))
      const since = readInstantOrDay('since', query.since, zones) ?? new Date(until.getTime() - DAY_MS)
      if (since > until || until.getTime() - since.getTime() > MAX_DAYS * DAY_MS)
        throw new InvalidParameterError(`since must be before until and now, by ${MAX_DAYS} days at most`)
      const account = await accountOf(options.db, {
        viewer,
        extension,
        accounts: requestedAccounts(viewer, query.account)
      })
      const [legs, presences] = [
        await legsOf(options.db, { viewer, account, extension, since, until }),
        await presencesOf(options.db, { account, extension, since, until })
      ]
      return {
        account,
        extension,
        data: spansOf(legs, presences, { from: since.getTime(), until: until.getTime() }).map(toSpan)
      }
    }
  )
})

function toSpan({ status, from, until, calls }: AgentSpan): Static<typeof spanShape> {
  return {
    status,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    seconds: (until - from) / 1000,
    calls
  }
}

/**
 * Returns the account that the extension belongs to.
 *
 * @throws NotFoundError      the extension is unknown or not visible to the viewer
 * @throws AmbiguousIdError   several accounts have the extension and the request names none
 */
async function accountOf(
  db: NodePgDatabase,
  { viewer, extension, accounts }: { viewer: Viewer; extension: string; accounts: readonly string[] | undefined }
): Promise<string> {
  if (extension.includes('\u0000')) throw new NotFoundError('agent') // Postgres text cannot hold NUL
  const { rows } = await db.execute<{ account: string }>(sql`select e.account
    from (
      select account, extension from mightycall_extensions where extension = ${extension}
      union
      select account, extension from agent_presence where extension = ${extension}
    ) e
    where ${matchesAny(sql`e.account`, accounts)}
      and ${visibleExtensions(viewer, { account: sql`e.account`, extension: sql`e.extension` }) ?? sql`true`}
    limit 2`)
  if (rows.length > 1) throw new AmbiguousIdError()
  const [row] = rows
  if (!row) throw new NotFoundError('agent')
  return row.account
}

interface HistoryQuery {
  account: string
  extension: string
  since: Date
  until: Date
}

/**
 * Finds the legs of the agent in calls that began in the interval or up to LOOK_BACK_MS before it. The legs of each
 * call are looked up separately, for the reason given in legs.ts.
 */
async function legsOf(
  db: NodePgDatabase,
  { viewer, account, extension, since, until }: HistoryQuery & { viewer: Viewer }
): Promise<HistoryLeg[]> {
  const call = { account: sql`c.account`, businessNumber: sql`c.business_number`, at: sql`c.started_at` }
  const { rows } = await db.execute<StoredLeg & Record<string, unknown>>(sql`select c.call_id as "callId", l.role,
      ${epochMillis(sql`l.ringing_at`)} as "ringingAt",
      ${epochMillis(sql`l.connected_at`)} as "connectedAt",
      ${epochMillis(sql`l.ended_at`)} as "endedAt",
      ${epochMillis(staleAt(sql`c.last_event_at`))} as "staleAt"
    from call_history c
    cross join lateral (
      select * from call_legs
      where account = c.account and call_id = c.call_id and extension = ${extension}
      offset 0
    ) l
    where c.account = ${account}
      and c.started_at >= ${new Date(since.getTime() - LOOK_BACK_MS)} and c.started_at < ${until}
      and ${visible(viewer, call) ?? sql`true`}`)
  return endDoubtfulLegs(rows)
}

/** A leg of one agent as it is stored. Times are in milliseconds since 1970. */
export interface StoredLeg extends HistoryLeg {
  /** When its call is stale unless another event arrives. */
  staleAt: number
}

/**
 * Ends the legs whose end no event reports, as GET /v1/agents does: when their call is stale or, if that is earlier,
 * when the agent has since answered and ended another call.
 */
export function endDoubtfulLegs(legs: readonly StoredLeg[]): HistoryLeg[] {
  return legs.map(({ staleAt, ...leg }) => ({
    ...leg,
    endedAt: leg.endedAt ?? Math.min(staleAt, ...legs.flatMap(other => supersededAt(leg, other) ?? []))
  }))
}

/** Returns when the conversation `other` supersedes the leg, or null when it does not. */
function supersededAt(leg: HistoryLeg, other: HistoryLeg): number | null {
  const beganAt = leg.connectedAt ?? leg.ringingAt
  if (other.callId === leg.callId || other.endedAt === null || other.connectedAt === null || beganAt === null)
    return null
  if (other.connectedAt <= beganAt) return null
  return leg.connectedAt === null && leg.role === 'agent'
    ? Math.max(other.endedAt, beganAt + MAX_RING_SECONDS * 1000)
    : other.endedAt
}

async function presencesOf(
  db: NodePgDatabase,
  { account, extension, since, until }: HistoryQuery
): Promise<HistoryPresence[]> {
  const { rows } = await db.execute<HistoryPresence & Record<string, unknown>>(sql`select presence,
      ${epochMillis(sql`since`)} as since, ${epochMillis(sql`"until"`)} as "until"
    from agent_presence
    where account = ${account} and extension = ${extension}
      and since < ${until} and ("until" is null or "until" > ${since})
    order by agent_presence.since`)
  return rows
}

type Status = (typeof STATUSES)[number]

/** A leg of the agent. Times are in milliseconds since 1970, `null` when the event has not happened. */
export interface HistoryLeg {
  callId: string
  role: 'agent' | 'dialer'
  ringingAt: number | null
  connectedAt: number | null
  endedAt: number | null
}

/** A period of one presence. Times are in milliseconds since 1970; `until` is `null` while the period lasts. */
export interface HistoryPresence {
  presence: 'available' | 'dnd'
  since: number
  until: number | null
}

/** A period of one status. Times are in milliseconds since 1970. */
export interface AgentSpan {
  status: Status
  from: number
  until: number
  /** The ids of the calls in which a leg of the agent was open, sorted. */
  calls: string[]
}

/**
 * Divides the interval into adjacent periods during which the status and the calls of the agent did not change. The
 * status of each period is the one that GET /v1/agents?asOf returns for its instants: a conversation takes precedence
 * over dialing, dialing over ringing, and ringing over the presence, which is `unknown` when nothing reported it.
 */
export function spansOf(
  legs: readonly HistoryLeg[],
  presences: readonly HistoryPresence[],
  { from, until }: { from: number; until: number }
): AgentSpan[] {
  const edges = [
    from,
    until,
    ...legs.flatMap(leg => [leg.ringingAt, leg.connectedAt, leg.endedAt]),
    ...presences.flatMap(span => [span.since, span.until])
  ]
  const instants = [...new Set(edges.filter((at): at is number => at !== null && at >= from && at <= until))].sort(
    (a, b) => a - b
  )
  const spans: AgentSpan[] = []
  for (const [i, begin] of instants.slice(0, -1).entries()) {
    const span = { ...stateAt(legs, presences, begin), from: begin, until: instants[i + 1] ?? until }
    const last = spans.at(-1)
    if (last && last.status === span.status && String(last.calls) === String(span.calls)) last.until = span.until
    else spans.push(span)
  }
  return spans
}

function stateAt(
  legs: readonly HistoryLeg[],
  presences: readonly HistoryPresence[],
  at: number
): Pick<AgentSpan, 'status' | 'calls'> {
  const open = legs.filter(
    leg =>
      (leg.ringingAt ?? leg.connectedAt ?? Number.POSITIVE_INFINITY) <= at &&
      at < (leg.endedAt ?? Number.POSITIVE_INFINITY)
  )
  const calls = [...new Set(open.map(leg => leg.callId))].sort()
  if (open.some(leg => leg.connectedAt !== null && leg.connectedAt <= at)) return { status: 'on_call', calls }
  if (open.some(leg => leg.role === 'dialer')) return { status: 'dialing', calls }
  if (open.length > 0) return { status: 'ringing', calls }
  return {
    status:
      presences.findLast(span => span.since <= at && at < (span.until ?? Number.POSITIVE_INFINITY))?.presence ??
      'unknown',
    calls
  }
}
