import { type SQL, sql } from 'drizzle-orm'
import { callHistory as c } from '../../db/schema/calls.js'
import { type Scope, visibleCalls } from './scope.js'

/** The counts and times of a group of calls, as Postgres returns them. */
export interface CallMeasures {
  calls: number
  inbound: number
  answered: number
  missed: number
  abandoned: number
  voicemail: number
  other: number
  waiting: number
  dropped: number
  outbound: number
  outboundAnswered: number
  callback: number
  internal: number
  /** The dividend of the service level: inbound calls that were answered in time. */
  inTime: number
  /** The divisor of the service level. */
  due: number
  /** Average, median and 95th percentile. */
  wait: (number | null)[]
  talkSeconds: number
  talk: (number | null)[]
}

/**
 * Defines `counted`: one row for each call that meets the conditions. `fate` is the result of an inbound call, and null
 * for all other calls.
 *
 * @param columns  further columns of `counted`
 */
export function countedCalls(scope: Scope, conditions: SQL | undefined, columns: SQL): SQL {
  const isVisible = visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })
  const answered = sql`(${c.outcome} = 'answered' or (${c.outcome} is null and ${c.answeredAt} is not null))`
  return sql`${scope.targets}, counted as (
    select ${columns},
      ${c.direction} as direction, ${c.talkSeconds} as talk, t.answer_within, ${answered} as is_answered,
      case when ${c.direction} <> 'inbound' then null
        when ${answered} then 'answered'
        when ${c.outcome} is null then 'waiting'
        when ${c.outcome} <> 'voicemail' and ${c.waitSeconds} < t.dropped_under then 'dropped'
        when ${c.outcome} in ('missed', 'abandoned', 'voicemail') then ${c.outcome}
        else 'other' end as fate,
      case when ${answered} and ${c.answeredAt} is null then null else ${c.waitSeconds} end as waited
    from ${c} join targets t on t.account = ${c.account}
    where ${conditions ?? sql`true`} and ${isVisible}
  )`
}

const count = (condition: SQL) => sql`(count(*) filter (where ${condition}))::int`
const rounded = (value: SQL) => sql`round((${value})::numeric, 3)::float8`
const percentile = (fraction: SQL, value: SQL) => sql`percentile_cont(${fraction}) within group (order by ${value})`
const spread = (value: SQL, condition: SQL) => sql`array[
    ${rounded(sql`avg(${value}) filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.5`, value)} filter (where ${condition})`)},
    ${rounded(sql`${percentile(sql`0.95`, value)} filter (where ${condition})`)}
  ]`

/** The calls that count for the service level, answered or not. */
const isDue = sql`(fate = 'answered' and waited is not null)
  or (fate in ('missed', 'abandoned', 'voicemail', 'other') and waited >= answer_within)`

/** The columns of CallMeasures, as aggregates over `counted`. */
export const callMeasures: SQL = sql`count(*)::int as calls,
  ${count(sql`fate <> 'dropped'`)} as inbound,
  ${sql.join(
    ['answered', 'missed', 'abandoned', 'voicemail', 'other', 'waiting', 'dropped'].map(
      fate => sql`${count(sql`fate = ${fate}`)} as ${sql.identifier(fate)}`
    ),
    sql`, `
  )},
  ${count(sql`direction = 'outbound'`)} as outbound,
  ${count(sql`direction = 'outbound' and is_answered`)} as "outboundAnswered",
  ${count(sql`direction = 'callback'`)} as callback,
  ${count(sql`direction = 'internal'`)} as internal,
  ${count(sql`fate = 'answered' and waited <= answer_within`)} as "inTime",
  ${count(isDue)} as due,
  ${spread(sql`waited`, sql`fate = 'answered'`)} as wait,
  ${rounded(sql`coalesce(sum(talk), 0)`)} as "talkSeconds",
  ${spread(sql`talk`, sql`true`)} as talk`
