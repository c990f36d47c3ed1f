import { type SQL, sql } from 'drizzle-orm'
import { isAlive, isInProgress, staleAt } from '../../db/stale-calls.js'

/**
 * Calls that began longer ago are ignored when the open legs at a past instant, or the end of an agent's last leg, are
 * searched. The bound is needed because no index leads from an extension to its newest leg; such an index would have to
 * be updated with every change of a leg.
 */
export const LOOK_BACK_HOURS = 24

/**
 * A phone may go on ringing for this long after its agent has answered and ended another call. A ringing leg that is
 * older is doubtful: the event that ended it was probably lost.
 */
export const MAX_RING_SECONDS = 120

/** The accepted values, or undefined when any value is accepted. */
export type AnyOf = readonly string[] | undefined

/** The instant for which legs are searched. */
export interface LegQuery {
  instant: SQL
  /** Whether it is the present, so that the index of open calls can be used. */
  isNow: boolean
  accounts: AnyOf
}

/**
 * Defines the common table expressions that end with `agent_legs`: the legs of recent calls and of open calls, in their
 * state at the instant. `until_at` is when the leg ended, and infinity when it is open. It is inferred when no event
 * reports it: the call went stale, or the leg was superseded (`is_superseded`).
 */
export function agentLegs(query: LegQuery): SQL {
  const { instant, isNow } = query
  const lookBack = sql`interval '${sql.raw(String(LOOK_BACK_HOURS))} hours'`
  const columns = sql`account, call_id, extension, attempt, business_number, call_started_at, role,
    ringing_at, connected_at`
  const isOlder = isNow ? sql`call_started_at <= ${instant} - ${lookBack}` : sql`false`
  return sql`${recentLegs(query, lookBack)},
  ${openLegs(query)},
  superseded as (${supersededLegs(instant)}),
  agent_legs as materialized (
    select ${columns}, s.superseded_at is not null as is_superseded,
      coalesce(
        r.ended_at, s.superseded_at, case when o.is_open then 'infinity' else ${staleAt(sql`r.sign_at`)} end
      ) as until_at
    from recent_legs r
    left join (select account, call_id, extension, attempt, true as is_open from open_legs) o
      using (account, call_id, extension, attempt)
    left join superseded s using (account, call_id, extension, attempt)
    union all
    select ${columns}, s.superseded_at is not null, coalesce(s.superseded_at, 'infinity')
    from open_legs
    left join superseded s using (account, call_id, extension, attempt)
    where ${isOlder}
  )`
}

/**
 * Defines `recent_legs`: the legs of calls that began within LOOK_BACK_HOURS before the instant, in their state at that
 * instant. The legs of each call are looked up separately, which `offset 0` enforces: Postgres plans a join as a scan
 * of all legs in the table, which takes 0.2 s for 400,000 legs.
 */
function recentLegs({ instant, isNow, accounts }: LegQuery, lookBack: SQL): SQL {
  const own = sql`greatest(l.ringing_at, case when l.connected_at <= ${instant} then l.connected_at end,
      case when l.ended_at <= ${instant} then l.ended_at end)`
  // The last activity of a call before a past instant is derived from the times of its legs, since an event that
  // changed no leg leaves no trace in the rows.
  const sign = isNow
    ? sql`c.last_event_at`
    : sql`greatest(c.started_at, case when c.last_event_at <= ${instant} then c.last_event_at end,
        max(${own}) over (partition by c.account, c.call_id))`
  return sql`recent_legs as materialized (
    select c.account, c.call_id, c.business_number, c.started_at as call_started_at,
      l.extension, l.attempt, l.role, l.ringing_at,
      case when l.connected_at <= ${instant} then l.connected_at end as connected_at,
      case when l.ended_at <= ${instant} then l.ended_at end as ended_at,
      l.ended_at is null as never_ended,
      ${sign} as sign_at
    from call_history c
    cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.started_at > ${instant} - ${lookBack}
      and c.started_at <= ${instant}
      and coalesce(l.ringing_at, l.connected_at, l.ended_at) <= ${instant}
      and ${matchesAny(sql`c.account`, accounts)}
  )`
}

/** Defines `open_legs`: the legs open at the instant, of calls that have neither ended nor become stale by then. */
function openLegs(query: LegQuery): SQL {
  return sql`open_legs as materialized (${query.isNow ? openNow(query) : openThen(query)})`
}

/** Uses the index of open calls. They are few, so that no look-back is needed. */
function openNow({ instant, accounts }: LegQuery): SQL {
  const isOpen = isInProgress({ state: sql`c.state`, lastEventAt: sql`c.last_event_at` }, instant)
  return sql`select l.account, l.call_id, l.extension, l.attempt, c.business_number, c.started_at as call_started_at,
      l.role, l.ringing_at, l.connected_at, true as never_ended
    from call_history c
    cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where ${isOpen} and l.ended_at is null
      and ${matchesAny(sql`c.account`, accounts)}`
}

/** A leg ends with its call at the latest. */
function openThen({ instant }: LegQuery): SQL {
  return sql`select account, call_id, extension, attempt, business_number, call_started_at,
      role, ringing_at, connected_at, never_ended
    from recent_legs where ended_at is null and ${isAlive(sql`sign_at`, instant)}`
}

/**
 * Selects the open legs that newer evidence contradicts: no event ever reported their end, and the same extension has
 * since answered and ended another call.
 */
function supersededLegs(instant: SQL): SQL {
  return sql`select account, call_id, extension, attempt, superseded_at
    from (
      select o.account, o.call_id, o.extension, o.attempt, min(${supersededAt}) as superseded_at
      from open_legs o
      join recent_legs m on m.account = o.account and m.extension = o.extension
      where o.never_ended and ${supersedes}
      group by o.account, o.call_id, o.extension, o.attempt
    ) s
    where superseded_at <= ${instant}`
}

/** The condition that the conversation `m` supersedes the leg `o` of the same extension, which has no known end. */
export const supersedes = sql`m.call_id <> o.call_id and m.ended_at is not null
        and m.connected_at > coalesce(o.connected_at, o.ringing_at)`

/** When the conversation `m` supersedes the leg `o`. */
export const supersededAt = sql`greatest(
        m.ended_at,
        case when o.connected_at is null and o.role = 'agent'
          then o.ringing_at + interval '${sql.raw(String(MAX_RING_SECONDS))} seconds' end
      )`

/**
 * Defines `last_ends`: when the last leg of each agent ended, and whether an open leg was superseded. A leg that ended
 * when it began has not interrupted the status.
 */
export const lastEnds = (instant: SQL) => sql`last_ends as (
    select account, extension,
      max(until_at) filter (
        where until_at <= ${instant} and coalesce(ringing_at, connected_at) is distinct from until_at
      ) as last_end,
      bool_or(is_superseded) as has_superseded
    from agent_legs group by account, extension
  )`

/** Returns the condition that the column has one of the values; it is always true when `values` is undefined. */
export function matchesAny(column: SQL, values: AnyOf): SQL {
  return values ? sql`${column} = any(${sql.param([...values])}::text[])` : sql`true`
}
