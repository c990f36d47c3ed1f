import { and, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { alias } from 'drizzle-orm/pg-core'
import { visible } from '../../access/row-visibility.js'
import type { Viewer } from '../../access/viewer.js'
import { awaitsReturn, callHistory, MISSED_OUTCOMES } from '../../db/schema/calls.js'
import { epochMillis } from '../list/query-context.js'
import type { CallShape, StoredCall } from './schema.js'

/** Bounds of the count of unanswered calls, so that a client who calls very often does not make a page slow. */
const LOOK_BACK_DAYS = 30
const MAX_COUNTED = 100

const other = alias(callHistory, 'other')

/**
 * Returns the condition that the client of a call is to be called back and that no conversation with the client has
 * begun since, in either direction, at any business number of the account that the viewer may see.
 */
export function needsCallback(viewer: Viewer): SQL | undefined {
  return and(
    awaitsReturn(callHistory),
    sql`not exists (
      select from ${callHistory} "other"
      where ${withSameClient(viewer)} and ${isConversation} and ${other.startedAt} > ${callHistory.startedAt}
    )`
  )
}

interface Row extends Record<string, unknown> {
  account: string
  call_id: string
  returned_at: number | null
  attempts: number
  unanswered_calls: number
}

/**
 * Finds what happened after the calls among `calls` that are to be returned.
 *
 * @returns a lookup, which returns null for calls that need no callback
 */
export async function findCallbacks(
  db: NodePgDatabase,
  viewer: Viewer,
  calls: readonly StoredCall[]
): Promise<(call: StoredCall) => CallShape['callback']> {
  const unanswered = calls.filter(isToBeReturned)
  if (unanswered.length === 0) return () => null
  const { rows } = await db.execute<Row>(callbacksOf(viewer, unanswered))
  const found = new Map(rows.map(row => [`${row.account} ${row.call_id}`, row]))
  return call => {
    const row = found.get(`${call.account} ${call.callId}`)
    return row ? toCallback(row, call) : null
  }
}

/** The same condition as `awaitsReturn`, for a row that has been read. */
function isToBeReturned({ direction, outcome, clientCallable, lostInTransfer }: StoredCall): boolean {
  const isMissed = direction === 'inbound' && MISSED_OUTCOMES.some(missed => missed === outcome)
  return clientCallable && (isMissed || lostInTransfer)
}

function callbacksOf(viewer: Viewer, calls: readonly StoredCall[]): SQL {
  const of = (column: (call: StoredCall) => string) => sql.param(calls.map(column))
  const sameClient = withSameClient(viewer)
  // a call that was lost in a transfer is a conversation itself
  const sinceTalk = sql`case when ${callHistory.lostInTransfer} then ${callHistory.startedAt}
    else coalesce(before.started_at, ${lookBack}) end`
  const untilTalk = sql`${unindexed(other.startedAt)} <= coalesce(talk.started_at, 'infinity')`
  return sql`select ${callHistory.account} as account, ${callHistory.callId} as call_id,
      ${epochMillis(sql`talk.at`)} as returned_at,
      (
        select count(*)::int from ${callHistory} "other"
        where ${sameClient} and ${other.direction} in ('outbound', 'callback')
          and ${other.startedAt} > ${callHistory.startedAt} and ${untilTalk}
      ) as attempts,
      ${callHistory.lostInTransfer}::int + (
        select count(*)::int from (
          select from ${callHistory} "other"
          where ${sameClient} and ${other.direction} = 'inbound' and ${inArray(other.outcome, [...MISSED_OUTCOMES])}
            and ${other.startedAt} > ${sinceTalk} and ${untilTalk}
          order by ${other.startedAt} limit ${sql.raw(String(MAX_COUNTED))}
        ) counted
      ) as unanswered_calls
    from unnest(${of(call => call.account)}::text[], ${of(call => call.callId)}::text[]) u (account, call_id)
    join ${callHistory} on ${callHistory.account} = u.account and ${callHistory.callId} = u.call_id
    left join lateral (${nextConversation(viewer)}) talk on true
    left join lateral (
      select ${other.startedAt} from ${callHistory} "other"
      where ${sameClient} and ${isConversation} and ${other.startedAt} < ${callHistory.startedAt}
        and ${unindexed(other.startedAt)} > ${lookBack}
      order by ${other.startedAt} desc limit 1
    ) before on true`
}

/** Selects `started_at` and `at`, the answer, of the next conversation with the client of a call in any direction. */
export function nextConversation(viewer: Viewer, condition: SQL = sql`true`): SQL {
  return sql`select ${other.startedAt}, coalesce(${other.answeredAt}, ${other.startedAt}) as at
      from ${callHistory} "other"
      where ${condition} and ${withSameClient(viewer)} and ${isConversation}
        and ${other.startedAt} > ${callHistory.startedAt}
      order by ${other.startedAt} limit 1`
}

/** Selects `started_at` of the previous inbound call of the client of a call. */
export function previousInboundCall(viewer: Viewer, condition: SQL): SQL {
  return sql`select ${other.startedAt} from ${callHistory} "other"
      where ${condition} and ${withSameClient(viewer)} and ${other.direction} = 'inbound'
        and ${other.startedAt} < ${callHistory.startedAt}
      order by ${other.startedAt} desc limit 1`
}

/**
 * Hides a column from the planner, so that the condition is not used as an index bound. With two bounds that are not
 * constants, Postgres estimates that they select 0.5 % of the table and scans all calls between them instead of the few
 * calls of the client: 100 ms for a page when there are 100,000 calls.
 */
const unindexed = (column: SQLWrapper): SQL => sql`(${column} + interval '0')`

const lookBack = sql`${callHistory.startedAt} - interval '${sql.raw(String(LOOK_BACK_DAYS))} days'`

/** A call with a conversation, also when the time of the answer is unknown. */
const isConversation = sql`(${other.answeredAt} is not null or ${other.outcome} = 'answered')`

/** Calls that the viewer may not see are ignored, so that the result discloses nothing about other organizations. */
function withSameClient(viewer: Viewer): SQL | undefined {
  return and(
    sql`${other.clientNumber} = ${callHistory.clientNumber} and ${other.account} = ${callHistory.account}`,
    visible(viewer, { account: other.account, businessNumber: other.businessNumber, at: other.startedAt })
  )
}

function toCallback(
  { returned_at: returnedAt, attempts, unanswered_calls: unansweredCalls }: Row,
  { startedAt, endedAt }: StoredCall
): CallShape['callback'] {
  const waited = returnedAt === null ? null : (returnedAt - (endedAt ?? startedAt).getTime()) / 60_000
  return {
    returnedAt: returnedAt === null ? null : new Date(returnedAt).toISOString(),
    minutesToReturn: waited === null ? null : Math.max(0, Math.round(waited * 100) / 100),
    attempts,
    unansweredCalls
  }
}
