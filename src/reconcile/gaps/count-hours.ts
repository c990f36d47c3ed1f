import type pg from 'pg'
import { callsReader } from '../routes/calls.js'
import { journalReader } from '../routes/journal/reader.js'
import { voicemailsReader } from '../routes/voicemails.js'

/** Whole hours in UTC: `since` ≤ t < `until`. */
export interface HourRange {
  accounts: readonly string[]
  since: Date
  until: Date
  /** Null for all, including calls without one. */
  businessNumbers: readonly string[] | null
  /** How long after the end of an hour nothing that began in it can still be listed. */
  settlesAfterMs: number
}

export interface HourCounts {
  /** Calls that REST reported. */
  reported: number
  /** Calls that a webhook announced. */
  heard: number
  /** Calls that are in the read models. */
  projected: number
  /** Calls in the read models that have not ended. */
  inProgress: number
  voicemails: number
  messages: number
  /** Gaps of calls, voicemails and messages. */
  healed: number
  open: number
}

export interface CountedHour extends HourCounts {
  account: string
  hour: Date
  businessNumber: string | null
}

export const NO_COUNTS: HourCounts = {
  reported: 0,
  heard: 0,
  projected: 0,
  inProgress: 0,
  voicemails: 0,
  messages: 0,
  healed: 0,
  open: 0
}

const IN_SPAN = (at: string) => `>= $2 and ${at} < $3`

/** Counts projected rows, calls that could not be folded and have no row, and held calls, each of them once. */
const COUNT = `select account, date_trunc('hour', at, 'UTC') as hour, business_number as "businessNumber",
    sum(reported)::int as reported, sum(heard)::int as heard, sum(projected)::int as projected,
    sum(in_progress)::int as "inProgress", sum(voicemail)::int as voicemails, sum(message)::int as messages,
    sum(healed)::int as healed, sum(open)::int as open
  from (
    select account, started_at as at, business_number, (rest_events > 0)::int as reported,
      (webhook_events > 0)::int as heard, 1 as projected, (state <> 'ended')::int as in_progress, 0 as voicemail,
      0 as message, 0 as healed, 0 as open
    from call_history where account = any($1) and started_at ${IN_SPAN('started_at')}
    union all
    select account, at, business_number, reported, heard, 0, 0, 0, 0, 0, 0 from (
      select e.account, min(coalesce((v.fields ->> 'startedAt')::timestamptz, v.occurred_at)) as at,
        max(v.fields ->> 'businessNumber') as business_number,
        bool_or(v.source = 'rest')::int as reported, bool_or(v.source = 'webhook')::int as heard
      from entities e join events v on v.account = e.account and v.kind = e.kind and v.entity = e.entity
      where e.failed is not null and e.kind = 'call' and e.account = any($1)
        and not exists (select from call_history c where c.account = e.account and c.call_id = e.entity)
      group by e.account, e.entity
    ) unfolded where at ${IN_SPAN('at')}
    union all
    select account, started_at, business_number, 1, 0, 0, 0, 0, 0, 0, 0
    from held_calls h where account = any($1) and started_at ${IN_SPAN('started_at')}
      and not exists (select from events v where v.account = h.account and v.kind = 'call' and v.entity = h.call_id)
    union all
    select account, left_at, business_number, 0, 0, 0, 0, 1, 0, 0, 0
    from voicemail_logs where account = any($1) and left_at ${IN_SPAN('left_at')}
    union all
    select account, sent_at, business_number, 0, 0, 0, 0, 0, 1, 0, 0
    from sms_logs where account = any($1) and sent_at ${IN_SPAN('sent_at')}
    union all
    select account, hour, business_number, 0, 0, 0, 0, 0, 0, (healed_at is not null)::int, (healed_at is null)::int
    from gaps where account = any($1) and hour ${IN_SPAN('hour')}
  ) counted
  where $4::text[] is null or business_number = any($4)
  group by 1, 2, 3 order by 1, 2, 3`

/** The routes that together list every call, voicemail and message of an hour. */
const ROUTES: readonly string[] = [callsReader, voicemailsReader, journalReader].map(({ route }) => route)
/** A reading with unreadable rows (src/project/models/ranges.ts). */
const UNREAD = ' unread'
const POLLED_NAMES = ROUTES.flatMap(route => [route, `${route}${UNREAD}`])

/**
 * The hours that every route has read after they were over (`listed`), and after nothing that began in them could still
 * appear (`settled`). Several readings may adjoin each other; one that was made within its interval only counts up to
 * its own time. A reading with unreadable rows cancels the earlier readings of its interval, since one of these rows
 * may belong to it.
 */
const POLLED = `with polls as (
    select account, split_part(polled, ' ', 1) as route, polled like '%${UNREAD}' as is_partial, polled_at,
      tstzrange(from_at, least(until_at, polled_at)) as listed,
      tstzrange(from_at, greatest(from_at, least(until_at, polled_at - $5 * interval '1 ms'))) as settled
    from polled_ranges
    where account = any($1) and polled = any($4) and scope is null
      and from_at < least(until_at, polled_at) and until_at > $2 and from_at < $3
  ), partial as materialized (
    select account, route, polled_at, listed from polls where is_partial
  ), whole as (
    select p.account, p.route, c.is_settled, unnest(tstzmultirange(c.read) - coalesce((
        select range_agg(u.listed) from partial u
        where u.account = p.account and u.route = p.route and u.polled_at >= p.polled_at
      ), '{}')) as read
    from polls p cross join lateral (values (false, p.listed), (true, p.settled)) c (is_settled, read)
    where not p.is_partial
  ), by_route as (
    select account, route, is_settled, range_agg(read) as read from whole group by account, route, is_settled
  )
  select account, hour, count(*) filter (where is_settled) = ${ROUTES.length} as "isSettled"
  from by_route, generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') hour
  where read @> tstzrange(hour, hour + interval '1 hour')
  group by account, hour having count(*) filter (where not is_settled) = ${ROUTES.length}`

export async function countHours(
  db: Pick<pg.Pool, 'query'>,
  { accounts, since, until, businessNumbers }: HourRange
): Promise<CountedHour[]> {
  const { rows } = await db.query<CountedHour>(COUNT, [accounts, since, until, businessNumbers])
  return rows
}

export interface PolledHour {
  account: string
  hour: Date
  /** True when it was read after nothing that began in it could still be listed. */
  isSettled: boolean
}

/** The hours of which everything was read that was listed when they were over. */
export async function loadPolledHours(
  db: Pick<pg.Pool, 'query'>,
  { accounts, since, until, settlesAfterMs }: HourRange
): Promise<PolledHour[]> {
  const { rows } = await db.query<PolledHour>(POLLED, [accounts, since, until, POLLED_NAMES, settlesAfterMs])
  return rows
}
