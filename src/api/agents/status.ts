import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { visible, visibleExtensions } from '../../access/row-visibility.js'
import type { Viewer } from '../../access/viewer.js'
import type { Keyset } from '../list/cursor.js'
import { epochMillis } from '../list/query-context.js'
import { type AnyOf, agentLegs, LOOK_BACK_HOURS, lastEnds, matchesAny } from './legs.js'

export const STATUSES = ['unknown', 'available', 'dnd', 'ringing', 'dialing', 'on_call'] as const
export const PRESENCES = ['available', 'dnd'] as const
export const EVIDENCES = ['webhook', 'rest', 'inferred'] as const

/** The status of an agent at an instant. `since` is in milliseconds since 1970. */
export interface AgentRow extends Record<string, unknown> {
  account: string
  extension: string
  name: string | null
  status: (typeof STATUSES)[number]
  presence: (typeof PRESENCES)[number] | null
  since: number | null
  evidence: (typeof EVIDENCES)[number] | null
  age_seconds: number | null
  calls: string[]
}

export interface AgentQuery {
  /** The present, or the past instant whose status is wanted. */
  at: Date
  /** Whether `at` is the present, so that the index of open calls can be used. */
  isNow: boolean
  viewer: Viewer
  accounts: AnyOf
  extensions: AnyOf
  statuses: AnyOf
  /** The extension and the account after which the page begins. */
  after: Keyset | null
  limit: number
}

/**
 * Returns the agents sorted by extension and account. A single statement reads legs and presences from the same
 * snapshot.
 */
export async function findAgents(db: NodePgDatabase, query: AgentQuery): Promise<AgentRow[]> {
  const { rows } = await db.execute<AgentRow>(agentStatus(query))
  return rows
}

export function agentStatus({ at, isNow, viewer, accounts, extensions, statuses, after, limit }: AgentQuery): SQL {
  const instant = sql`${at}::timestamptz`
  const isVisibleLeg = visible(viewer, OPEN_LEG) ?? sql`true`
  const isVisibleAgent =
    visibleExtensions(viewer, { account: sql`a.account`, extension: sql`a.extension` }) ?? sql`true`
  const staleAt = sql`${instant} - interval '${sql.raw(String(LOOK_BACK_HOURS))} hours'`
  const age = sql`extract(epoch from ${instant} - coalesce(busy_confirmed_at, confirmed_at))`
  return sql`with recursive ${presentExtensions},
  ${agentLegs({ instant, isNow, accounts })},
  ${lastEnds(instant)},
  agents as (
    select account, extension from mightycall_extensions
    union
    select account, extension from present
    union
    select account, extension from agent_legs where until_at = 'infinity' and extension <> ''
  ),
  busy as (
    select account, extension,
      coalesce(array_agg(distinct call_id) filter (where ${isVisibleLeg}), '{}') as calls,
      min(connected_at) as talking_at, -- when the oldest remaining leg of each kind began
      min(ringing_at) filter (where connected_at is null and role = 'dialer') as dialing_at,
      min(ringing_at) filter (where connected_at is null and role = 'agent') as ringing_at
    from agent_legs where until_at = 'infinity' group by account, extension
  ),
  ${busyRanges},
  stated as (
    select a.account, a.extension, e.display_name as name, p.presence, coalesce(b.calls, '{}') as calls,
      p.confirmed_at, p.source, l.last_end, coalesce(l.has_superseded, false) as has_superseded,
      case when b.talking_at is not null then 'on_call'
        when b.dialing_at is not null then 'dialing'
        when b.ringing_at is not null then 'ringing'
        else coalesce(p.presence, 'unknown') end as status,
      coalesce(b.talking_at, b.dialing_at, b.ringing_at) as busy_confirmed_at, -- same precedence as the status
      case when b.talking_at is not null then ${startOf(sql`r.talking`, instant)}
        when b.dialing_at is not null then ${startOf(sql`r.dialing - r.talking`, instant)}
        when b.ringing_at is not null then ${startOf(sql`r.ringing - r.talking - r.dialing`, instant)}
        else greatest(p.since, l.last_end) end as since
    from agents a
    left join mightycall_extensions e using (account, extension)
    left join busy b using (account, extension)
    left join busy_ranges r using (account, extension)
    left join last_ends l using (account, extension)
    left join lateral (${presenceAt(instant)}) p on true
    where ${isVisibleAgent}
      and ${matchesAny(sql`a.account`, accounts)}
      and ${matchesAny(sql`a.extension`, extensions)}
  )
  select account, extension, name, status, presence, calls,
    case when status <> 'unknown' then ${epochMillis(sql`since`)} end as since,
    case when busy_confirmed_at is not null then 'webhook'
      when has_superseded then 'inferred'
      when status = 'unknown' then null
      when confirmed_at < last_end or confirmed_at <= ${staleAt} then 'inferred'
      when source = 'webhook' then 'webhook' else 'rest' end as evidence,
    case when status <> 'unknown' then greatest(0, ${age})::float8 end as age_seconds
  from stated
  where ${matchesAny(sql`status`, statuses)}
    and ${after ? sql`(extension collate "C", account collate "C") > (${after[0]}, ${after[1]})` : sql`true`}
  order by extension collate "C", account collate "C" limit ${limit}`
}

/**
 * Defines `busy_ranges`: when each agent who is busy was talking, dialing and ringing, as multiranges, which merge legs
 * that overlap or follow each other immediately.
 */
const busyRanges = sql`busy_ranges as (
    select account, extension,
      ${rangesOf(sql`connected_at`, sql`until_at`, sql`true`)} as talking,
      ${rangesOf(sql`ringing_at`, sql`coalesce(connected_at, until_at)`, sql`role = 'dialer'`)} as dialing,
      ${rangesOf(sql`ringing_at`, sql`coalesce(connected_at, until_at)`, sql`role = 'agent'`)} as ringing
    from agent_legs
    where (account, extension) in (select account, extension from busy)
    group by account, extension
  )`

function rangesOf(from: SQL, until: SQL, condition: SQL): SQL {
  return sql`coalesce(range_agg(tstzrange(${from}, ${until})) filter (where ${condition} and ${from} < ${until}), '{}')`
}

/** Returns the start of the range that contains the instant, as SQL: since then the multirange has had no hole. */
function startOf(multirange: SQL, instant: SQL): SQL {
  return sql`(select lower(x) from unnest(${multirange}) x where x @> ${instant})`
}

const OPEN_LEG = {
  account: sql`agent_legs.account`,
  businessNumber: sql`agent_legs.business_number`,
  at: sql`agent_legs.call_started_at`
}

/**
 * Defines `present`: the extensions that have ever had a presence. This is a loose index scan (one index probe for each
 * extension), since there are many rows for few extensions.
 */
const presentExtensions = sql`present as (
    (select account, extension from agent_presence order by account, extension limit 1)
    union all
    select n.account, n.extension from present p, lateral (
      select s.account, s.extension from agent_presence s
      where (s.account, s.extension) > (p.account, p.extension)
      order by s.account, s.extension limit 1
    ) n
  )`

/**
 * Selects the presence of agent `a` at the instant and when it was last confirmed: by a fact, or by a poll that found
 * no change. A row of agent_presence keeps the times of its first and last fact only. At an instant between the two,
 * only the first is certain to have arrived.
 */
function presenceAt(instant: SQL): SQL {
  return sql`select s.presence, s.since, s.source,
        greatest(case when s.seen_at <= ${instant} then s.seen_at else s.since end, polled.polled_at) as confirmed_at
      from (
        select * from agent_presence
        where account = a.account and extension = a.extension and since <= ${instant}
        order by since desc limit 1
      ) s
      left join lateral (
        select polled_at from polled_ranges r
        where r.account = a.account and r.polled = 'presence' and r.scope = a.extension
          and r.until_at <= ${instant} and r.polled_at <= ${instant}
        order by r.until_at desc nulls last limit 1 -- the order of the index
      ) polled on true`
}
