import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { visibleExtensions } from '../../access/row-visibility.js'
import { isInProgress } from '../../db/stale-calls.js'
import { type AnyOf, LOOK_BACK_HOURS, matchesAny, supersededAt, supersedes } from '../agents/legs.js'
import type { Keyset } from '../list/cursor.js'
import { type Scope, visibleCalls } from './scope.js'

export interface AgentStatsQuery {
  scope: Scope
  extensions: AnyOf
  since: Date
  until: Date
  now: Date
  /** The extension and the account after which the page begins. */
  after: Keyset | null
  limit: number
}

export interface AgentStatsRow extends Record<string, unknown> {
  account: string
  extension: string
  name: string | null
  offered: number
  answered: number
  missed: number
  answeredElsewhere: number
  dialed: number
  handled: number
  talkSeconds: number
  /** Legs of calls that are not in progress: the parts of the answer rate. */
  settledAnswered: number
  settledMissed: number
  /** This and the next three are `null` when no presence is known, and for keys of organizations. */
  knownSeconds: number | null
  onCallSeconds: number | null
  ringingSeconds: number | null
  availableSeconds: number | null
}

const isMissed = sql`role = 'agent' and result = 'unanswered' and not answered_elsewhere`

/** Returns one row for each extension, sorted by extension and account. */
export async function findAgentStats(db: NodePgDatabase, query: AgentStatsQuery): Promise<AgentStatsRow[]> {
  const { scope, extensions, since, until, now, after, limit } = query
  const from = sql`${since}::timestamptz`
  // Times are measured up to the present only, also when the interval ends in the future.
  const to = sql`greatest(${since}::timestamptz, least(${until}::timestamptz, ${now}::timestamptz))`
  const isVisibleAgent =
    visibleExtensions(scope.viewer, { account: sql`e.account`, extension: sql`e.extension` }) ?? sql`true`
  const { rows } = await db.execute<AgentStatsRow>(sql`with ${legsOf(scope, { from, to, until, now })},
  counts as (
    select account, extension,
      (count(*) filter (where role = 'agent'))::int as offered,
      (count(*) filter (where role = 'agent' and result = 'answered'))::int as answered,
      (count(*) filter (where ${isMissed}))::int as missed,
      (count(*) filter (where answered_elsewhere))::int as answered_elsewhere,
      (count(*) filter (where role = 'agent' and result = 'answered' and not is_in_progress))::int as settled_answered,
      (count(*) filter (where ${isMissed} and not is_in_progress))::int as settled_missed,
      (count(*) filter (where role = 'dialer'))::int as dialed,
      (count(distinct call_id) filter (where result = 'answered'))::int as handled,
      coalesce(round(sum(extract(epoch from ended_at - connected_at)), 3), 0)::float8 as talk
    from legs where started_at >= ${from} and is_visible group by account, extension
  ), ${timeRanges(from, to)}
  select e.account, e.extension, e.display_name as name,
    coalesce(c.offered, 0) as offered,
    coalesce(c.answered, 0) as answered,
    coalesce(c.missed, 0) as missed,
    coalesce(c.answered_elsewhere, 0) as "answeredElsewhere",
    coalesce(c.settled_answered, 0) as "settledAnswered",
    coalesce(c.settled_missed, 0) as "settledMissed",
    coalesce(c.dialed, 0) as dialed,
    coalesce(c.handled, 0) as handled,
    coalesce(c.talk, 0) as "talkSeconds",
    ${totalSeconds(sql`p.known`)} as "knownSeconds",
    ${totalSeconds(sql`p.known * b.talking`)} as "onCallSeconds",
    ${totalSeconds(sql`p.known * (b.busy - b.talking)`)} as "ringingSeconds",
    ${totalSeconds(sql`p.free - b.busy`)} as "availableSeconds"
  from mightycall_extensions e
  left join counts c using (account, extension)
  left join present p on p.account = e.account and p.extension = e.extension and ${scope.viewer.organization === null}
  cross join lateral (
    select
      coalesce((select talking from busy where account = e.account and extension = e.extension), '{}') as talking,
      coalesce((select busy from busy where account = e.account and extension = e.extension), '{}') as busy
  ) b
  where ${matchesAny(sql`e.account`, scope.accounts)} and ${matchesAny(sql`e.extension`, extensions)}
    and ${isVisibleAgent}
    and ${after ? sql`(e.extension collate "C", e.account collate "C") > (${after[0]}, ${after[1]})` : sql`true`}
  order by e.extension collate "C", e.account collate "C" limit ${limit}`)
  return rows
}

/**
 * Defines `legs`: the legs of calls that began in the interval, or within LOOK_BACK_HOURS before it. `until_at` is null
 * for a leg whose end was missed: its call is stale, or a newer conversation of the agent supersedes it.
 */
function legsOf(
  { accounts, ...scope }: Scope,
  { from, to, until, now }: { from: SQL; to: SQL; until: Date; now: Date }
): SQL {
  const isOpen = isInProgress({ state: sql`c.state`, lastEventAt: sql`c.last_event_at` }, sql`${now}::timestamptz`)
  const isVisible = visibleCalls(
    { accounts, ...scope },
    { account: sql`c.account`, businessNumber: sql`c.business_number`, at: sql`c.started_at` }
  )
  return sql`all_legs as materialized (
    select l.account, l.call_id, l.extension, l.role, l.result, l.answered_elsewhere,
      l.ringing_at, l.connected_at, l.ended_at, c.started_at,
      ${isVisible} as is_visible, ${isOpen} as is_in_progress,
      coalesce(l.ringing_at, l.connected_at) as began_at,
      coalesce(l.ended_at, case when ${isOpen} then ${to} end) as until_at
    from call_history c
    cross join lateral (select * from call_legs where account = c.account and call_id = c.call_id offset 0) l
    where c.started_at > ${from} - make_interval(hours => ${LOOK_BACK_HOURS})
      and c.started_at < ${until}::timestamptz
      and ${matchesAny(sql`c.account`, accounts)} and l.extension <> ''
  ), legs as (
    select account, call_id, extension, role, result, answered_elsewhere, connected_at, ended_at, started_at,
      is_visible, is_in_progress, began_at,
      case when ended_at is not null or not exists (
        select from all_legs m
        where m.account = o.account and m.extension = o.extension and ${supersedes} and ${supersededAt} <= ${to}
      ) then until_at end as until_at
    from all_legs o
  )`
}

/**
 * Defines `busy` and `present`: the times of each agent in the interval, as multiranges. Overlapping legs are merged,
 * so that their common time is counted once.
 */
function timeRanges(from: SQL, to: SQL): SQL {
  const clipped = (a: SQL, b: SQL) => sql`tstzrange(greatest(${a}, ${from}), least(${b}, ${to}))`
  const overlaps = (a: SQL, b: SQL) => sql`${a} < ${b} and ${a} < ${to} and ${b} > ${from}`
  const [began, connected, ended] = [sql`began_at`, sql`connected_at`, sql`until_at`]
  const [since, until] = [sql`since`, sql`coalesce(until, 'infinity')`]
  return sql`busy as (
    select account, extension, range_agg(${clipped(began, ended)}) as busy,
      coalesce(range_agg(${clipped(connected, ended)}) filter (where ${overlaps(connected, ended)}), '{}') as talking
    from legs where ${overlaps(began, ended)} group by account, extension
  ), present as (
    select account, extension, range_agg(${clipped(since, until)}) as known,
      coalesce(range_agg(${clipped(since, until)}) filter (where presence = 'available'), '{}') as free
    from agent_presence where ${overlaps(since, until)} group by account, extension
  )`
}

/** Returns the total length of a multirange in seconds, as SQL; its value is null when no presence is known. */
function totalSeconds(multirange: SQL): SQL {
  return sql`case when p.known is not null then (
      select coalesce(round(sum(extract(epoch from upper(r) - lower(r))), 3), 0)::float8 from unnest(${multirange}) r
    ) end`
}
