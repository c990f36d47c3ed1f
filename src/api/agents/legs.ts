import { type SQL, sql } from 'drizzle-orm'
import { STALE_SECONDS } from '../calls/schema.js'

/**
 * Calls that began longer ago are ignored when the open legs at a past instant, or the end of an agent's last leg, are
 * searched. The bound is needed because no index leads from an extension to its newest leg; such an index would have to
 * be updated with every change of a leg.
 */
export const LOOK_BACK_HOURS = 24

/** The accepted values, or undefined when any value is accepted. */
export type AnyOf = readonly string[] | undefined

/**
 * Defines `recent_legs`: the legs of calls that began within LOOK_BACK_HOURS before the instant, in their state at that
 * instant. The legs of each call are looked up separately, which `offset 0` enforces: Postgres plans a join as a scan
 * of all legs in the table, which takes 0.2 s for 400,000 legs.
 */
export function recentLegs(instant: SQL, accounts: AnyOf): SQL {
  return sql`recent_legs as materialized (
    select c.account, c.call_id, c.business_number, c.started_at, l.extension, l.role, l.ringing_at,
      case when l.connected_at <= ${instant} then l.connected_at end as connected_at,
      case when l.ended_at <= ${instant} then l.ended_at end as ended_at,
      greatest(c.started_at, case when c.last_event_at <= ${instant} then c.last_event_at end) as call_sign_at
    from call_history c
    cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.started_at > ${instant} - interval '${sql.raw(String(LOOK_BACK_HOURS))} hours'
      and c.started_at <= ${instant}
      and coalesce(l.ringing_at, l.connected_at) <= ${instant}
      and ${matchesAny(sql`c.account`, accounts)}
  )`
}

/** Defines `open_legs`: the legs open at the instant, of calls that have neither ended nor become stale by then. */
export function openLegs(instant: SQL, { isNow, accounts }: { isNow: boolean; accounts: AnyOf }): SQL {
  const alive = sql`${instant} - interval '${sql.raw(String(STALE_SECONDS))} seconds'`
  return sql`open_legs as (${isNow ? openNow(alive, accounts) : openThen(alive)})`
}

/** Uses the index of open calls. They are few, so that no look-back is needed. */
function openNow(alive: SQL, accounts: AnyOf): SQL {
  return sql`select l.account, l.call_id, c.business_number, c.started_at,
      l.extension, l.role, l.ringing_at, l.connected_at
    from call_history c
    cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.state <> 'ended' and c.last_event_at >= ${alive} and l.ended_at is null
      and ${matchesAny(sql`c.account`, accounts)}`
}

/**
 * A leg ends with its call at the latest. The last activity of a call before a past instant is derived from the times
 * of its legs, since an event that changed no leg leaves no trace in the rows.
 */
function openThen(alive: SQL): SQL {
  return sql`select account, call_id, business_number, started_at, extension, role, ringing_at, connected_at
    from (
      select *, max(greatest(call_sign_at, ringing_at, connected_at, ended_at))
        over (partition by account, call_id) as sign_at
      from recent_legs
    ) l
    where ended_at is null and sign_at >= ${alive}`
}

/** Defines `last_ends`: when the last leg of each agent ended, within LOOK_BACK_HOURS. */
export const lastEnds = sql`last_ends as (
    select account, extension, max(ended_at) as last_end from recent_legs group by account, extension
  )`

/** Returns the condition that the column has one of the values; it is always true when `values` is undefined. */
export function matchesAny(column: SQL, values: AnyOf): SQL {
  return values ? sql`${column} = any(${sql.param([...values])}::text[])` : sql`true`
}
