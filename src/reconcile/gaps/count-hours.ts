import type pg from 'pg'
import { callsReader } from '../routes/calls.js'

/** Whole hours in UTC: `since` ≤ t < `until`. */
export interface HourRange {
  accounts: readonly string[]
  since: Date
  until: Date
  /** Null for all, including calls without one. */
  businessNumbers: readonly string[] | null
}

export interface HourCounts {
  /** Calls that REST reported. */
  reported: number
  /** Calls that a webhook announced. */
  heard: number
  /** Calls that are in the read models. */
  projected: number
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
  voicemails: 0,
  messages: 0,
  healed: 0,
  open: 0
}

const IN_SPAN = (at: string) => `>= $2 and ${at} < $3`

/** Counts projected rows, calls that could not be folded and have no row, and held calls, each of them once. */
const COUNT = `select account, date_trunc('hour', at, 'UTC') as hour, business_number as "businessNumber",
    sum(reported)::int as reported, sum(heard)::int as heard, sum(projected)::int as projected,
    sum(voicemail)::int as voicemails, sum(message)::int as messages, sum(healed)::int as healed, sum(open)::int as open
  from (
    select account, started_at as at, business_number, (rest_events > 0)::int as reported,
      (webhook_events > 0)::int as heard, 1 as projected, 0 as voicemail, 0 as message, 0 as healed, 0 as open
    from call_history where account = any($1) and started_at ${IN_SPAN('started_at')}
    union all
    select account, at, business_number, reported, heard, 0, 0, 0, 0, 0 from (
      select e.account, min(coalesce((v.fields ->> 'startedAt')::timestamptz, v.occurred_at)) as at,
        max(v.fields ->> 'businessNumber') as business_number,
        bool_or(v.source = 'rest')::int as reported, bool_or(v.source = 'webhook')::int as heard
      from entities e join events v on v.account = e.account and v.kind = e.kind and v.entity = e.entity
      where e.failed is not null and e.kind = 'call' and e.account = any($1)
        and not exists (select from call_history c where c.account = e.account and c.call_id = e.entity)
      group by e.account, e.entity
    ) unfolded where at ${IN_SPAN('at')}
    union all
    select account, started_at, business_number, 1, 0, 0, 0, 0, 0, 0
    from held_calls h where account = any($1) and started_at ${IN_SPAN('started_at')}
      and not exists (select from events v where v.account = h.account and v.kind = 'call' and v.entity = h.call_id)
    union all
    select account, left_at, business_number, 0, 0, 0, 1, 0, 0, 0
    from voicemail_logs where account = any($1) and left_at ${IN_SPAN('left_at')}
    union all
    select account, sent_at, business_number, 0, 0, 0, 0, 1, 0, 0
    from sms_logs where account = any($1) and sent_at ${IN_SPAN('sent_at')}
    union all
    select account, hour, business_number, 0, 0, 0, 0, 0, (healed_at is not null)::int, (healed_at is null)::int
    from gaps where account = any($1) and hour ${IN_SPAN('hour')}
  ) counted
  where $4::text[] is null or business_number = any($4)
  group by 1, 2, 3 order by 1, 2, 3`

/** The reading of this route tells which hours are known: it lists every call. */
const [READ, UNREAD] = [callsReader.route, `${callsReader.route} unread`]

/**
 * The hours of which calls were read after the hour was over. Several readings may adjoin each other; one that was made
 * within its interval only counts up to its own time. A reading with unreadable rows cancels the earlier readings of
 * its interval, since one of these rows may be a call of it.
 */
const POLLED = `with polls as (
    select account, polled, polled_at, tstzrange(from_at, least(until_at, polled_at)) as read
    from polled_ranges
    where account = any($1) and polled in ('${READ}', '${UNREAD}') and scope is null
      and from_at < least(until_at, polled_at) and until_at > $2 and from_at < $3
  ), whole as (
    select account, unnest(tstzmultirange(read) - coalesce((
      select range_agg(u.read) from polls u
      where u.account = p.account and u.polled = '${UNREAD}' and u.polled_at >= p.polled_at
    ), '{}')) as read from polls p where polled = '${READ}'
  )
  select account, hour from (
    select account, range_agg(read) as read from whole group by account
  ) polls, generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') hour
  where read @> tstzrange(hour, hour + interval '1 hour')`

export async function countHours(
  db: Pick<pg.Pool, 'query'>,
  { accounts, since, until, businessNumbers }: HourRange
): Promise<CountedHour[]> {
  const { rows } = await db.query<CountedHour>(COUNT, [accounts, since, until, businessNumbers])
  return rows
}

/** The hours of which all calls were read. */
export async function loadPolledHours(
  db: Pick<pg.Pool, 'query'>,
  { accounts, since, until }: HourRange
): Promise<{ account: string; hour: Date }[]> {
  const { rows } = await db.query<{ account: string; hour: Date }>(POLLED, [accounts, since, until])
  return rows
}
