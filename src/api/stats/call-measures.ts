import { type SQL, sql } from 'drizzle-orm'
import { callHistory as c } from '../../db/schema/calls.js'
import { isInProgress } from '../../db/stale-calls.js'
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
  wait: Spread
  talk: Spread
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

export interface CountedCallsQuery {
  scope: Scope
  conditions: SQL | undefined
  /** Further columns of `counted`. */
  columns: SQL
  now: Date
}

/**
 * Defines `counted`: one row for each call that meets the conditions. `fate` is the result of an inbound call, and null
 * for all other calls.
 */
export function countedCalls({ scope, conditions, columns, now }: CountedCallsQuery): SQL {
  const isVisible = visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })
  return sql`${scope.targets}, counted as (
    select ${columns},
      ${c.direction} as direction, ${c.talkSeconds} as talk, t.answer_within,
      ${isAnsweredCall} as is_answered, ${isCallInProgress(now)} as is_in_progress,
      ${c.state} = 'ended' as has_ended,
      case when ${c.direction} <> 'inbound' then null
        when ${isAnsweredCall} then 'answered'
        when ${isCallInProgress(now)} then 'waiting'
        when ${c.outcome} is null then 'unresolved'
        when ${c.outcome} <> 'voicemail' and ${c.waitSeconds} < t.dropped_under then 'dropped'
        when ${c.outcome} in ('missed', 'abandoned', 'voicemail') then ${c.outcome}
        else 'other' end as fate,
      case when ${isAnsweredCall} and ${c.answeredAt} is null then null else ${c.waitSeconds} end as waited
    from ${c} join targets t on t.account = ${c.account}
    where ${conditions ?? sql`true`} and ${isVisible}
  )`
}

const count = (condition: SQL) => sql`(count(*) filter (where ${condition}))::int`
const rounded = (value: SQL) => sql`round((${value})::numeric, 3)::float8`
const percentile = (fraction: SQL, value: SQL) => sql`percentile_cont(${fraction}) within group (order by ${value})`
const spread = (value: SQL, condition: SQL) => sql`array[
    ${rounded(sql`coalesce(sum(${value}) filter (where ${condition}), 0)`)},
    ${rounded(sql`avg(${value}) filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.5`, value)} filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.95`, value)} filter (where ${condition})`)}
  ]`

const FATES = ['answered', 'missed', 'abandoned', 'voicemail', 'other', 'waiting', 'unresolved', 'dropped']

/** The calls that count for the service level, answered or not. */
const isDue = sql`(fate = 'answered' and not is_in_progress and waited is not null)
  or (fate in ('missed', 'abandoned', 'voicemail', 'other') and waited >= answer_within)`

/** The columns of CallMeasures, as aggregates over `counted`. */
export const callMeasures: SQL = sql`count(*)::int as calls,
  ${count(sql`fate <> 'dropped'`)} as inbound,
  ${sql.join(
    FATES.map(fate => sql`${count(sql`fate = ${fate}`)} as ${sql.identifier(fate)}`),
    sql`, `
  )},
  ${count(sql`fate is not null and is_in_progress`)} as "inProgress",
  ${count(sql`direction = 'outbound'`)} as outbound,
  ${count(sql`direction = 'outbound' and is_answered`)} as "outboundAnswered",
  ${count(sql`direction = 'callback'`)} as callback,
  ${count(sql`direction = 'internal'`)} as internal,
  ${count(sql`fate = 'answered' and not is_in_progress`)} as "settledAnswered",
  ${count(sql`fate = 'answered' and not is_in_progress and waited <= answer_within`)} as "inTime",
  ${count(isDue)} as due,
  ${count(sql`direction = 'outbound' and is_answered and not is_in_progress`)} as "settledOutboundAnswered",
  ${count(sql`direction = 'outbound' and (is_answered or has_ended) and not is_in_progress`)} as "settledOutbound",
  ${spread(sql`waited`, sql`fate = 'answered'`)} as wait,
  ${spread(sql`talk`, sql`true`)} as talk`
