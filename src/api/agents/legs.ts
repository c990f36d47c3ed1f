import { type SQL, sql } from 'drizzle-orm'
import { STALE_SECONDS } from '../calls/schema.js'

/**
 * How far back a call may have begun whose legs still count: for the open legs of an instant in the past, and for when
 * an agent's
 * last leg ended. No index leads from an extension to its newest leg, and one would have to be written with every
 * change of a leg.
 */
export const LOOK_BACK_HOURS = 24

/** Any of these; undefined: whichever. */
export type AnyOf = readonly string[] | undefined

/**
 * The legs of the day before an instant, as they were then. Each call is looked up by itself (offset 0 keeps it so):
 * a join is planned as a scan of all legs there ever were, 0.2 s for 400,000.
 */
export function recentLegs(instant: SQL, accounts: AnyOf): SQL {
  return sql`recent_legs as materialized (
    select c.account, c.call_id, c.business_number, c.started_at, l.extension, l.role, l.ringing_at,
      case when l.connected_at <= ${instant} then l.connected_at end as connected_at,
      case when l.ended_at <= ${instant} then l.ended_at end as ended_at,
      greatest(c.started_at, case when c.last_event_at <= ${instant} then c.last_event_at end) as call_sign_at
    from call_history c cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.started_at > ${instant} - interval '${sql.raw(String(LOOK_BACK_HOURS))} hours' and c.started_at <= ${instant} and coalesce(l.ringing_at, l.connected_at) <= ${instant}
      and ${matchesAny(sql`c.account`, accounts)}
  )`
}

/** Legs that are open at the instant, of calls that have neither ended nor gone stale. */
export function openLegs(instant: SQL, { isNow, accounts }: { isNow: boolean; accounts: AnyOf }): SQL {
  const alive = sql`${instant} - interval '${sql.raw(String(STALE_SECONDS))} seconds'`
  return sql`open_legs as (${isNow ? openNow(alive, accounts) : openThen(alive)})`
}

/** By the index of open calls, which are few, whenever they began. */
function openNow(alive: SQL, accounts: AnyOf): SQL {
  return sql`select l.account, l.call_id, c.business_number, c.started_at, l.extension, l.role, l.ringing_at, l.connected_at
    from call_history c cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.state <> 'ended' and c.last_event_at >= ${alive} and l.ended_at is null and ${matchesAny(sql`c.account`, accounts)}`
}

/**
 * A leg ends with its call at the latest. The last sign of life before an instant in the past is the last thing that
 * the call's legs show:
 * an event that changed none has left no trace in the rows.
 */
function openThen(alive: SQL): SQL {
  return sql`select account, call_id, business_number, started_at, extension, role, ringing_at, connected_at
    from (select *, max(greatest(call_sign_at, ringing_at, connected_at, ended_at)) over (partition by account, call_id) as sign_at from recent_legs) l
    where ended_at is null and sign_at >= ${alive}`
}

/** When each agent's last leg ended, as far as the look-back goes. */
export const lastEnds = sql`last_ends as (select account, extension, max(ended_at) as last_end from recent_legs group by account, extension)`

export function matchesAny(column: SQL, values: AnyOf): SQL {
  return values ? sql`${column} = any(${sql.param([...values])}::text[])` : sql`true`
}
