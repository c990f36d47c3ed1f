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
export const GROUPS = ['number', 'extension', 'direction', 'outcome'] as const
export type Group = (typeof GROUPS)[number]

/** A month of hours, two years of days. */
export const MAX_BUCKETS = 750
const MAX_ROWS = 20_000

const HOUR_MS = 60 * 60 * 1000
/** At most; what a span is measured by before it is cut. */
const LENGTH_MS: Record<Bucket, number> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 31 * 24 * HOUR_MS
}
/**
 * Each bucket has at least one of these steps in it, whatever the clock does: Lord Howe Island moves it by 30 minutes.
 */
const STEP: Record<Bucket, string> = { hour: '30 minutes', day: '11 hours', week: '3 days', month: '14 days' }

const GROUP_COLUMNS: Record<Group, SQL> = {
  number: sql`${callHistory.businessNumber}`,
  extension: sql`${callHistory.answeredBy}`,
  direction: sql`${callHistory.direction}`,
  outcome: sql`${callHistory.outcome}`
}

export interface CallStatsQuery {
  scope: Scope
  timeZone: string
  bucket: Bucket
  group: Group | undefined
  filter: CallFilter & { since: Date; until: Date }
}

/** Null where nothing was counted. */
export interface CallStatsRow {
  start: Date
  group: string | null
  measures: CallMeasures | null
}

export interface CallStats {
  rows: CallStatsRow[]
  totals: { group: string | null; measures: CallMeasures | null }[]
}

/** @throws InvalidParameterError  the span is the wrong way round, or would have too many buckets */
export function checkSpan(bucket: Bucket, { since, until }: { since: Date; until: Date }): void {
  if (since >= until) throw new InvalidParameterError('since must be before until')
  if (until.getTime() - since.getTime() > MAX_BUCKETS * LENGTH_MS[bucket])
    throw new InvalidParameterError(
      `from since to until there may be ${MAX_BUCKETS} buckets at most: take a longer bucket, or a shorter span`
    )
}

/** By bucket, then group; every group has all buckets. */
export async function findCallStats(db: NodePgDatabase, question: CallStatsQuery): Promise<CallStats> {
  const { group } = question
  const buckets = await bucketsOf(db, question)
  const counted = await count(db, question)
  const groups = group === undefined ? [null] : [...new Set(counted.map(row => row.grp))].sort(byName)
  if (buckets.length * groups.length > MAX_ROWS)
    throw new InvalidParameterError(
      `more than ${MAX_ROWS} rows: ask for a longer bucket, a shorter span, or fewer groups`
    )
  const found = new Map(counted.map(row => [nameOf(row.bucket, row.grp), row]))
  return {
    rows: buckets.flatMap(start =>
      groups.map(group => ({ start: new Date(start), group, measures: found.get(nameOf(start, group)) ?? null }))
    ),
    totals: groups.map(group => ({ group, measures: found.get(nameOf(null, group)) ?? null }))
  }
}

interface Row extends CallMeasures, Record<string, unknown> {
  /** In milliseconds since 1970. Null: of all buckets together. */
  bucket: number | null
  grp: string | null
}

const nameOf = (bucket: number | null, group: string | null) => JSON.stringify([bucket, group])

/** What is in no group comes last. */
function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : Number(a > b)
}

/** By Postgres alone, which also says in which of them a call is: two tables of time zones might differ. */
async function bucketsOf(
  db: NodePgDatabase,
  { bucket, timeZone, filter: { since, until } }: CallStatsQuery
): Promise<number[]> {
  const { rows } = await db.execute<{
    start: number
  }>(sql`select distinct ${epochMillis(sql`date_trunc(${bucket}, t, ${timeZone})`)} as start
    from (select generate_series(${since}::timestamptz, ${until}::timestamptz, ${STEP[bucket]}::interval) as t union select ${until}::timestamptz - interval '1 microsecond') s
    where t < ${until} order by 1`)
  return rows.map(({ start }) => start)
}

async function count(db: NodePgDatabase, { scope, timeZone, bucket, group, filter }: CallStatsQuery): Promise<Row[]> {
  const more = sql`date_trunc(${bucket}, ${callHistory.startedAt}, ${timeZone}) as bucket, ${group ? GROUP_COLUMNS[group] : sql`null::text`} as grp`
  const { rows } = await db.execute<Row>(sql`with ${countedCalls(scope, and(...conditions(filter, scope)), more)}
    select ${epochMillis(sql`bucket`)} as bucket, grp, ${callMeasures} from counted group by grouping sets ((bucket, grp), (grp)) limit ${MAX_ROWS + 1}`)
  return rows
}
