import { and, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { callHistory } from '../../db/schema/calls.js'
import { InvalidParameterError } from '../../errors.js'
import { type CallFilter, conditions } from '../calls/filter.js'
import { epochMillis } from '../list/query-context.js'
import { type CallMeasures, callMeasures, countedCalls } from './call-measures.js'
import type { Scope } from './scope.js'

export const BUCKETS = ['hour', 'day', 'week', 'month'] as const
export type Bucket = (typeof BUCKETS)[number]
export const GROUPS = ['businessNumber', 'group', 'extension', 'direction', 'outcome', 'number'] as const
type Group = (typeof GROUPS)[number]

/** Enough for a month of hours, or two years of days. */
export const MAX_BUCKETS = 750
const MAX_ROWS = 20_000

const HOUR_MS = 60 * 60 * 1000
/** The maximum length of a bucket, for an estimate of the number of buckets before they are computed. */
const LENGTH_MS: Record<Bucket, number> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 31 * 24 * HOUR_MS
}
/**
 * Intervals that are no longer than the shortest bucket of their kind, so that every bucket contains a step of the
 * series. Changes of the UTC offset shorten buckets; on Lord Howe Island such a change is 30 minutes.
 */
const STEP: Record<Bucket, string> = { hour: '30 minutes', day: '11 hours', week: '3 days', month: '14 days' }

const GROUP_COLUMNS: Record<Group, SQL> = {
  businessNumber: sql`${callHistory.businessNumber}`,
  number: sql`${callHistory.businessNumber}`, // the deprecated name
  group: sql`${callHistory.groupId}`,
  extension: sql`${callHistory.answeredBy}`,
  direction: sql`${callHistory.direction}`,
  outcome: sql`${callHistory.outcome}`
}

export interface CallStatsQuery {
  scope: Scope
  timeZone: string
  bucket: Bucket
  group: Group | undefined
  now: Date
  waitFrom: 'start' | 'ring'
  returnWithinMinutes: number
  filter: CallFilter & { since: Date; until: Date }
}

/** The calls of one bucket and one group. `measures` is null when there were none. */
interface CallStatsRow {
  start: Date
  group: string | null
  measures: CallMeasures | null
}

export interface CallStats {
  rows: CallStatsRow[]
  totals: { group: string | null; measures: CallMeasures | null }[]
}

/** @throws InvalidParameterError  `since` is not before `until`, or the interval has too many buckets */
export function checkSpan(bucket: Bucket, { since, until }: { since: Date; until: Date }): void {
  if (since >= until) throw new InvalidParameterError('since must be before until')
  if (until.getTime() - since.getTime() > MAX_BUCKETS * LENGTH_MS[bucket])
    throw new InvalidParameterError(
      `from since to until there may be ${MAX_BUCKETS} buckets at most: take a longer bucket, or a shorter span`
    )
}

/**
 * Returns rows sorted by bucket and group. Every group has a row for every bucket.
 *
 * @throws InvalidParameterError  there would be too many rows
 */
export async function findCallStats(db: NodePgDatabase, query: CallStatsQuery): Promise<CallStats> {
  const { group } = query
  const buckets = await bucketsOf(db, query)
  const counted = await countCalls(db, query)
  const groups = group === undefined ? [null] : [...new Set(counted.map(row => row.grp))].sort(byName)
  if (buckets.length * groups.length > MAX_ROWS)
    throw new InvalidParameterError(
      `more than ${MAX_ROWS} rows: ask for a longer bucket, a shorter span, or fewer groups`
    )
  const found = new Map(counted.map(({ bucket, grp, ...measures }) => [rowKey(bucket, grp), measures]))
  return {
    rows: buckets.flatMap(start =>
      groups.map(group => ({ start: new Date(start), group, measures: found.get(rowKey(start, group)) ?? null }))
    ),
    totals: groups.map(group => ({ group, measures: found.get(rowKey(null, group)) ?? null }))
  }
}

interface Row extends CallMeasures {
  /** The start of the bucket in milliseconds since 1970, or null for the totals of all buckets. */
  bucket: number | null
  grp: string | null
}

const rowKey = (bucket: number | null, group: string | null) => JSON.stringify([bucket, group])

/** Sorts calls without a value last. */
function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : Number(a > b)
}

/**
 * Returns the starts of the buckets in milliseconds since 1970. Postgres computes them, since it also assigns the calls
 * to buckets: the time zone data of Node may differ.
 */
async function bucketsOf(
  db: NodePgDatabase,
  { bucket, timeZone, filter: { since, until } }: CallStatsQuery
): Promise<number[]> {
  const { rows } = await db.execute<{
    start: number
  }>(sql`select distinct ${epochMillis(sql`date_trunc(${bucket}, t, ${timeZone})`)} as start
    from (
      select generate_series(${since}::timestamptz, ${until}::timestamptz, ${STEP[bucket]}::interval) as t
      union
      select ${until}::timestamptz - interval '1 microsecond'
    ) s
    where t < ${until} order by 1`)
  return rows.map(({ start }) => start)
}

/** Counts the calls of each bucket and group, and of each group over all buckets. */
async function countCalls(
  db: NodePgDatabase,
  { scope, timeZone, bucket, group, now, waitFrom, returnWithinMinutes, filter }: CallStatsQuery
): Promise<Row[]> {
  const columns = sql`date_trunc(${bucket}, ${callHistory.startedAt}, ${timeZone}) as bucket,
    ${group ? GROUP_COLUMNS[group] : sql`null::text`} as grp`
  const counted = countedCalls({
    scope,
    conditions: and(...conditions(filter, scope)),
    columns,
    now,
    waitFrom,
    returnWithinMinutes
  })
  const { rows } = await db.execute<Row & Record<string, unknown>>(sql`with ${counted}
    select ${epochMillis(sql`bucket`)} as bucket, grp, ${callMeasures}
    from counted
    group by grouping sets ((bucket, grp), (grp))
    limit ${MAX_ROWS + 1}`)
  return rows
}
