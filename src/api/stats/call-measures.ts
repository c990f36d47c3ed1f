import { type SQL, sql } from 'drizzle-orm'
import { awaitsReturn, callHistory as c } from '../../db/schema/calls.js'
import { isInProgress } from '../../db/stale-calls.js'
import { nextConversation, previousInboundCall } from '../calls/callbacks.js'
import { type Scope, visibleCalls } from './scope.js'

/**
 * The counts and times of a group of calls, as Postgres returns them. docs/statistics.md defines the measures that the
 * API shows.
 */
export interface CallMeasures {
  calls: number
  inbound: number
  answered: number
  missed: number
  abandoned: number
  voicemail: number
  other: number
  waiting: number
  unresolved: number
  dropped: number
  inProgress: number
  lostInTransfer: number
  transferred: number
  callers: number
  repeatCallers: number
  outbound: number
  outboundAnswered: number
  callback: number
  internal: number
  /** The answered inbound calls that are not in progress: the dividend of the answer rate. */
  settledAnswered: number
  /** The dividend of the service level: inbound calls that were answered in time. */
  inTime: number
  /** The divisor of the service level. */
  due: number
  /** The dividend and the divisor of the connect rate. */
  settledOutboundAnswered: number
  settledOutbound: number
  /** The divisor of the transfer rate: answered inbound calls that have ended. */
  endedAnswered: number
  wait: Spread
  waitOfLeft: Spread
  longestWaitSeconds: number | null
  talk: Spread
  returns: Returns
}

/** What became of the calls that need a return, as Postgres returns it. */
interface Returns {
  needed: number
  returned: number
  returnedInTime: number
  /** Those that were not returned in time, and whose time has passed. */
  late: number
  medianMinutes: number | null
}

/** Sum, average, median and 95th percentile in seconds. All but the sum are null when there are no values. */
export type Spread = readonly [total: number, average: number | null, median: number | null, high: number | null]

/** The condition that somebody answered a call, in progress or ended. The time of the answer may be unknown. */
export const isAnsweredCall = sql`coalesce(
      ${c.outcome} = 'answered', ${c.answeredAt} is not null or ${c.answeredBy} is not null
    )`

/** Returns the condition that a call has not ended and is not stale. */
export function isCallInProgress(now: Date): SQL {
  return isInProgress(c, sql`${now}::timestamptz`)
}

/** How long after another call of the same client an inbound call counts as a repeated one. */
const REPEAT_DAYS = 7

export interface CountedCallsQuery {
  scope: Scope
  conditions: SQL | undefined
  /** Further columns of `counted`. */
  columns: SQL
  now: Date
  /** Where a wait begins: at the start of the call, or when it first rang at an agent. */
  waitFrom?: 'start' | 'ring'
  /** How soon a call is to be returned. Undefined when returned and repeated calls are not counted. */
  returnWithinMinutes?: number
}

/**
 * Defines `counted`: one row for each call that meets the conditions. `fate` is the result of an inbound call, and null
 * for all other calls.
 */
export function countedCalls(query: CountedCallsQuery): SQL {
  const { scope, conditions, columns, now, waitFrom = 'start', returnWithinMinutes } = query
  const isVisible = visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })
  const followUps = returnWithinMinutes === undefined ? NO_FOLLOW_UPS : followUpsOf(query, returnWithinMinutes)
  return sql`${scope.targets}, counted as (
    select ${columns},
      ${c.direction} as direction, ${c.talkSeconds} as talk, t.answer_within,
      ${isAnsweredCall} as is_answered, ${isCallInProgress(now)} as is_in_progress, ${c.state} = 'ended' as has_ended,
      ${c.lostInTransfer} as lost_in_transfer, ${c.transferred} as transferred,
      ${fateOf(now)} as fate,
      ${waitFrom === 'start' ? c.waitSeconds : waitFromRing} as waited,
      ${followUps.columns}
    from ${c} join targets t on t.account = ${c.account}
    ${followUps.joins}
    where ${conditions ?? sql`true`} and ${isVisible}
  )`
}

function fateOf(now: Date): SQL {
  return sql`case when ${c.direction} <> 'inbound' then null
        when ${isAnsweredCall} then 'answered'
        when ${isCallInProgress(now)} then 'waiting'
        when ${c.outcome} is null then 'unresolved'
        when ${isDropped} then 'dropped'
        when ${c.outcome} in ('missed', 'abandoned', 'voicemail') then ${c.outcome}
        else 'other' end`
}

/** Whether an unanswered inbound call was so short that it is not counted with the others. */
const isDropped = sql`(${c.outcome} not in ('answered', 'voicemail') and ${c.waitSeconds} < t.dropped_under)`

/** Null when no ring is known, or when the time of the answer is unknown. */
const waitFromRing = sql`case
        when ${isAnsweredCall} then extract(epoch from ${c.answeredAt} - ${c.firstRingAt})
        else extract(epoch from ${c.endedAt} - ${c.firstRingAt})
      end::float8`

interface FollowUps {
  columns: SQL
  joins: SQL
}

const NO_FOLLOW_UPS: FollowUps = {
  columns: sql`null::text as caller, false as is_repeated, false as needs_return,
      null::float8 as minutes_to_return, null::float8 as return_within, null::float8 as minutes_since`,
  joins: sql``
}

/** What else happened with the client of a call, before and after it. */
function followUpsOf({ scope: { viewer }, now }: CountedCallsQuery, returnWithinMinutes: number): FollowUps {
  const isCaller = sql`(${c.direction} = 'inbound' and ${c.clientCallable})`
  const endedAt = sql`coalesce(${c.endedAt}, ${c.startedAt})`
  return {
    columns: sql`case when ${isCaller} then ${c.account} || ' ' || ${c.clientNumber} end as caller,
      coalesce(previous.started_at > ${c.startedAt} - make_interval(days => ${REPEAT_DAYS}), false) as is_repeated,
      ${needsReturn} as needs_return,
      case when talk.at is not null then greatest(0, extract(epoch from talk.at - ${endedAt}) / 60)::float8 end
        as minutes_to_return,
      ${returnWithinMinutes}::float8 as return_within,
      (extract(epoch from ${now}::timestamptz - ${endedAt}) / 60)::float8 as minutes_since`,
    joins: sql`left join lateral (${nextConversation(viewer, needsReturn)}) talk on true
    left join lateral (${previousInboundCall(viewer, isCaller)}) previous on true`
  }
}

const needsReturn = sql`(${awaitsReturn(c)} and coalesce(not (${c.direction} = 'inbound' and ${isDropped}), true))`

const count = (condition: SQL) => sql`(count(*) filter (where ${condition}))::int`
const countCallers = (condition: SQL) => sql`(count(distinct caller) filter (where ${condition}))::int`
const rounded = (value: SQL) => sql`round((${value})::numeric, 3)::float8`
const percentile = (fraction: SQL, value: SQL) => sql`percentile_cont(${fraction}) within group (order by ${value})`
const spread = (value: SQL, condition: SQL) => sql`array[
    ${rounded(sql`coalesce(sum(${value}) filter (where ${condition}), 0)`)},
    ${rounded(sql`avg(${value}) filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.5`, value)} filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.95`, value)} filter (where ${condition})`)}
  ]`

const FATES = ['answered', 'missed', 'abandoned', 'voicemail', 'other', 'waiting', 'unresolved', 'dropped']
const hasLeft = sql`fate in ('missed', 'abandoned', 'other')`
const isSettledAnswer = sql`(fate = 'answered' and not is_in_progress)`
const isEndedAnswer = sql`(fate = 'answered' and has_ended)`

/** The calls that count for the service level, answered or not. */
const isDue = sql`(${isSettledAnswer} and waited is not null)
  or ((${hasLeft} or fate = 'voicemail') and waited >= answer_within)`

const isInTime = sql`(needs_return and minutes_to_return <= return_within)`
const isLate = sql`needs_return and not coalesce(minutes_to_return <= return_within, minutes_since < return_within)`

const returns = sql`json_build_object(
    'needed', ${count(sql`needs_return`)},
    'returned', ${count(sql`needs_return and minutes_to_return is not null`)},
    'returnedInTime', ${count(isInTime)},
    'late', ${count(isLate)},
    'medianMinutes', ${rounded(sql`${percentile(sql`0.5`, sql`minutes_to_return`)} filter (where needs_return)`)}
  )`

/** The columns of CallMeasures, as aggregates over `counted`. */
export const callMeasures: SQL = sql`count(*)::int as calls,
  ${count(sql`fate <> 'dropped'`)} as inbound,
  ${sql.join(
    FATES.map(fate => sql`${count(sql`fate = ${fate}`)} as ${sql.identifier(fate)}`),
    sql`, `
  )},
  ${count(sql`fate is not null and is_in_progress`)} as "inProgress",
  ${count(sql`lost_in_transfer`)} as "lostInTransfer",
  ${count(sql`${isEndedAnswer} and transferred`)} as transferred,
  ${countCallers(sql`fate <> 'dropped'`)} as callers,
  ${countCallers(sql`fate <> 'dropped' and is_repeated`)} as "repeatCallers",
  ${count(sql`direction = 'outbound'`)} as outbound,
  ${count(sql`direction = 'outbound' and is_answered`)} as "outboundAnswered",
  ${count(sql`direction = 'callback'`)} as callback,
  ${count(sql`direction = 'internal'`)} as internal,
  ${count(isSettledAnswer)} as "settledAnswered",
  ${count(sql`${isSettledAnswer} and waited <= answer_within`)} as "inTime",
  ${count(isDue)} as due,
  ${count(sql`direction = 'outbound' and is_answered and not is_in_progress`)} as "settledOutboundAnswered",
  ${count(sql`direction = 'outbound' and (is_answered or has_ended) and not is_in_progress`)} as "settledOutbound",
  ${count(isEndedAnswer)} as "endedAnswered",
  ${spread(sql`waited`, sql`fate = 'answered'`)} as wait,
  ${spread(sql`waited`, hasLeft)} as "waitOfLeft",
  ${rounded(sql`max(waited) filter (where fate = 'answered' or ${hasLeft})`)} as "longestWaitSeconds",
  ${spread(sql`talk`, sql`true`)} as talk,
  ${returns} as returns`
