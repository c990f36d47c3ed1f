import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { STALE_SECONDS } from './call-shape.js'
import type { Keyset } from './list.js'

export const STATUSES = ['unknown', 'available', 'dnd', 'ringing', 'dialing', 'on_call'] as const
export const PRESENCES = ['available', 'dnd'] as const
export const EVIDENCES = ['webhook', 'rest', 'inferred'] as const

/**
 * How far back a call may have begun whose legs still count: for the open legs of an instant in the past, and for when an agent's
 * last leg ended. No index leads from an extension to its newest leg, and one would be written with every leg.
 */
export const LOOK_BACK_HOURS = 24

/** What an agent does at an instant; times in milliseconds since 1970. */
export interface AgentRow extends Record<string, unknown> {
  account: string
  extension: string
  name: string | null
  status: typeof STATUSES[number]
  presence: typeof PRESENCES[number] | null
  since: number | null
  evidence: typeof EVIDENCES[number] | null
  age_seconds: number | null
  calls: string[]
}

export interface AgentQuestion {
  /** Now, or the instant to look back to. */
  at: Date
  /** True: `at` is the present, for which the rows were made. */
  isNow: boolean
  accounts: readonly string[] | undefined
  extensions: readonly string[] | undefined
  statuses: readonly string[] | undefined
  /** The extension and the account behind which to go on. */
  place: Keyset | null
  limit: number
}

/** The agents by extension, then account: one statement, so that legs and presences are of one moment. */
export async function findAgents (db: NodePgDatabase, question: AgentQuestion): Promise<AgentRow[]> {
  const { rows } = await db.execute<AgentRow>(agentStatus(question))
  return rows
}

export function agentStatus ({ at, isNow, accounts, extensions, statuses, place, limit }: AgentQuestion): SQL {
  const instant = sql`${at.toISOString()}::timestamptz`
  const own = (alias: string) => among(sql.raw(`${alias}.account`), accounts)
  return sql`with recursive ${presentExtensions}, ${isNow ? openNow(instant, own) : openThen(instant, own)}, ${lastEnds(instant, own)},
  agents as (
    select account, extension from mightycall_extensions union select account, extension from present union select account, extension from open_legs where extension <> ''
  ),
  busy as (
    select account, extension, array_agg(distinct call_id) as calls,
      min(connected_at) as talking_since,
      min(ringing_at) filter (where connected_at is null and role = 'dialer') as dialing_since,
      min(ringing_at) filter (where connected_at is null and role = 'agent') as ringing_since
    from open_legs group by account, extension
  ),
  stated as (
    select a.account, a.extension, e.display_name as name, p.presence, coalesce(b.calls, '{}') as calls, p.confirmed_at, p.source, l.last_end,
      case when b.talking_since is not null then 'on_call' when b.dialing_since is not null then 'dialing' when b.ringing_since is not null then 'ringing' else coalesce(p.presence, 'unknown') end as status,
      coalesce(b.talking_since, b.dialing_since, b.ringing_since) as busy_since, -- the first that is there is the status
      greatest(p.since, l.last_end) as idle_since
    from agents a
    left join mightycall_extensions e using (account, extension)
    left join busy b using (account, extension)
    left join last_ends l using (account, extension)
    left join lateral (${presenceAt(instant)}) p on true
    where ${own('a')} and ${among(sql`a.extension`, extensions)}
  )
  select account, extension, name, status, presence, calls,
    case when status <> 'unknown' then ${millis(sql`coalesce(busy_since, idle_since)`)} end as since,
    case when status = 'unknown' then null when busy_since is not null then 'webhook'
      when confirmed_at < last_end or confirmed_at <= ${instant} - interval '${sql.raw(String(LOOK_BACK_HOURS))} hours' then 'inferred'
      when source = 'webhook' then 'webhook' else 'rest' end as evidence,
    case when status <> 'unknown' then greatest(0, extract(epoch from ${instant} - coalesce(busy_since, confirmed_at)))::float8 end as age_seconds
  from stated
  where ${among(sql`status`, statuses)} and ${place ? sql`(extension collate "C", account collate "C") > (${place[0]}, ${place[1]})` : sql`true`}
  order by extension collate "C", account collate "C" limit ${limit}`
}

/** Who ever had a presence: from one extension to the next, since there are many spans of few. */
const presentExtensions = sql`present as (
    (select account, extension from agent_presence order by account, extension limit 1)
    union all
    select n.account, n.extension from present p, lateral (
      select s.account, s.extension from agent_presence s where (s.account, s.extension) > (p.account, p.extension) order by s.account, s.extension limit 1
    ) n
  )`

type Own = (alias: string) => SQL

/** Legs that are open in the rows, of calls that have neither ended nor gone stale: by the index of open calls, which are few. */
function openNow (instant: SQL, own: Own): SQL {
  return sql`open_legs as (
    select l.account, l.call_id, l.extension, l.role, l.ringing_at, l.connected_at from call_history c join call_legs l using (account, call_id)
    where c.state <> 'ended' and c.last_event_at >= ${staleBefore(instant)} and l.ended_at is null and ${own('c')}
  )`
}

/**
 * Legs that were open then. The last sign of life before an instant in the past is the last thing that the call's legs show,
 * which may be earlier than the last event: an event that changed no leg leaves no trace in the rows.
 */
function openThen (instant: SQL, own: Own): SQL {
  return sql`begun as (
    select l.account, l.call_id, l.extension, l.role, l.ringing_at, l.ended_at, case when l.connected_at <= ${instant} then l.connected_at end as connected_at,
      max(greatest(c.started_at, case when c.last_event_at <= ${instant} then c.last_event_at end, l.ringing_at, case when l.connected_at <= ${instant} then l.connected_at end, case when l.ended_at <= ${instant} then l.ended_at end))
        over (partition by l.account, l.call_id) as last_sign_at
    from call_history c join call_legs l using (account, call_id)
    where ${recent(instant)} and ${own('c')} and coalesce(l.ringing_at, l.connected_at) <= ${instant}
  ),
  open_legs as (
    select * from begun where (ended_at is null or ended_at > ${instant}) and last_sign_at >= ${staleBefore(instant)}
  )`
}

/** When each agent's last leg ended, if that call began within the look-back. */
function lastEnds (instant: SQL, own: Own): SQL {
  return sql`last_ends as (
    select l.account, l.extension, max(l.ended_at) as last_end from call_history c join call_legs l using (account, call_id)
    where ${recent(instant)} and ${own('c')} and l.ended_at <= ${instant} group by l.account, l.extension
  )`
}

/**
 * The presence of agent `a`, and when it was last known to be so: by a fact, or by a poll that found nothing new to tell.
 * A span keeps its first and its last fact: between the two, the first is what is known to have been told by then.
 */
function presenceAt (instant: SQL): SQL {
  return sql`select s.presence, s.since, s.source, greatest(case when s.seen_at <= ${instant} then s.seen_at else s.since end, polled.polled_at) as confirmed_at
      from (select * from agent_presence where account = a.account and extension = a.extension and since <= ${instant} order by since desc limit 1) s
      left join lateral (
        select polled_at from polled_ranges r where r.account = a.account and r.polled = 'presence' and r.scope = a.extension and r.until_at <= ${instant} and r.polled_at <= ${instant}
        order by r.until_at desc limit 1
      ) polled on true`
}

function recent (instant: SQL): SQL {
  return sql`c.started_at > ${instant} - interval '${sql.raw(String(LOOK_BACK_HOURS))} hours' and c.started_at <= ${instant}`
}

function staleBefore (instant: SQL): SQL {
  return sql`${instant} - interval '${sql.raw(String(STALE_SECONDS))} seconds'`
}

function millis (instant: SQL): SQL {
  return sql`(extract(epoch from ${instant}) * 1000)::float8`
}

function among (column: SQL, values: readonly string[] | undefined): SQL {
  return values ? sql`${column} = any(${sql.param([...values])}::text[])` : sql`true`
}
