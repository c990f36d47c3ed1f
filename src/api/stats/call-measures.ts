import { type SQL, sql } from 'drizzle-orm'
import { callHistory as c } from '../../db/schema/calls.js'
import type { Scope } from './scope.js'
import { visibleCalls } from './scope.js'

/** What is counted of calls, as Postgres gives it. */
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
  /** Of the service level: those that were answered in time, of those that it is about. */
  inTime: number
  due: number
  /** Average, median and 95th percentile. */
  wait: (number | null)[]
  talkSeconds: number
  talk: (number | null)[]
}

/** One row for each call that counts. `fate` is what became of an inbound call; null for all others. */
export function countedCalls(scope: Scope, conditions: SQL | undefined, more: SQL): SQL {
  const answered = sql`(${c.outcome} = 'answered' or (${c.outcome} is null and ${c.answeredAt} is not null))`
  return sql`${scope.targets}, counted as (
    select ${more}, ${c.direction} as direction, ${c.talkSeconds} as talk, t.answer_within, ${answered} as is_answered,
      case when ${c.direction} <> 'inbound' then null
        when ${answered} then 'answered'
        when ${c.outcome} is null then 'waiting'
        when ${c.outcome} <> 'voicemail' and ${c.waitSeconds} < t.dropped_under then 'dropped'
        when ${c.outcome} in ('missed', 'abandoned', 'voicemail') then ${c.outcome}
        else 'other' end as fate,
      case when ${answered} and ${c.answeredAt} is null then null else ${c.waitSeconds} end as waited
    from ${c} join targets t on t.account = ${c.account}
    where ${conditions ?? sql`true`} and ${visibleCalls(scope, { account: c.account, businessNumber: c.businessNumber, at: c.startedAt })}
  )`
}

const count = (condition: SQL) => sql`(count(*) filter (where ${condition}))::int`
const rounded = (value: SQL) => sql`round((${value})::numeric, 3)::float8`
const spread = (value: SQL, condition: SQL) => sql`array[${rounded(sql`avg(${value}) filter (where ${condition})`)},
  ${rounded(sql`percentile_cont(0.5) within group (order by ${value}) filter (where ${condition})`)}, ${rounded(sql`percentile_cont(0.95) within group (order by ${value}) filter (where ${condition})`)}]`

/** Over rows of `counted`. */
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
  ${count(sql`(fate = 'answered' and waited is not null) or (fate in ('missed', 'abandoned', 'voicemail', 'other') and waited >= answer_within)`)} as due,
  ${spread(sql`waited`, sql`fate = 'answered'`)} as wait,
  ${rounded(sql`coalesce(sum(talk), 0)`)} as "talkSeconds",
  ${spread(sql`talk`, sql`true`)} as talk`
