import type pg from 'pg'
import type { Event } from '../events/event.js'
import { DAY_MS } from '../lib/instant.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { AcceptPage } from './accept-page.js'
import { awaitProjection, PROJECTION_TIMEOUT_MS } from './await-projection.js'
import { nextDays } from './backfill/chunks.js'
import { type ReadRouteOptions, readInterval } from './read-route.js'
import type { AccountContext, RouteReader } from './route-reader.js'

export interface UnreadFlagsOptions extends Pick<ReadRouteOptions, 'pool'> {
  append: AcceptPage
}

export interface UnreadToRead {
  reader: RouteReader
  context: AccountContext
  /** Rows since then were just read. */
  before: Date
  /** No further day is begun after so many requests. */
  maxRequests: number
  onPage?: (rows: number) => void
}

export interface UnreadFlagsRead {
  /** The flags of all rows since then were read. */
  readFrom: Date
  /** How many older rows are unread here, and may have been read in MightyCall. */
  unreadBefore: number
}

const MAX_DAYS = 32

/**
 * Reads again the days of rows that are unread here: people mark voicemails and messages as read days later, and no
 * list tells which. The newest days are read first, and days without unread rows are skipped, so that the number of
 * requests depends on what is unread. It stops when the requests are spent, or the quota of their class, and says how
 * far it came.
 *
 * @throws the error of MightyCall, the log or Postgres, other than an exhausted quota
 */
export async function readUnreadFlags(
  { pool, append }: UnreadFlagsOptions,
  { reader, context, before, maxRequests, onPage = () => {} }: UnreadToRead
): Promise<UnreadFlagsRead> {
  const unread = reader.unread ? await loadUnreadDays(pool, reader.unread, { account: context.account.id, before }) : []
  let readFrom = before
  let requests = 0
  for (let days = 1; requests < maxRequests; ) {
    const newest = unread.find(({ day }) => day < readFrom)
    if (!newest) break
    const until = new Date(Math.min(readFrom.getTime(), newest.day.getTime() + DAY_MS))
    const from = new Date(newest.day.getTime() - (days - 1) * DAY_MS)
    const countPage = (rows: number) => {
      requests++
      onPage(rows)
    }
    const rows = await readPast({ pool, append }, { reader, context, interval: { from, until }, onPage: countPage })
    if (rows === null) break
    readFrom = from
    days = nextDays(days, rows, MAX_DAYS)
  }
  const older = unread.filter(({ day }) => day < readFrom)
  return { readFrom, unreadBefore: older.reduce((sum, { rows }) => sum + rows, 0) }
}

/** Returns the number of rows, or null when the quota is exhausted. Old rows do not replace newer names of agents. */
async function readPast(
  { pool, append }: UnreadFlagsOptions,
  {
    interval,
    ...route
  }: Pick<UnreadToRead, 'reader' | 'context'> & {
    interval: { from: Date; until: Date }
    onPage: (rows: number) => void
  }
): Promise<number | null> {
  const appended: Event[] = []
  const appendPast = async (facts: Parameters<AcceptPage>[0]) => {
    const events = await append(facts, { isPast: true })
    appended.push(...events)
    return events
  }
  const awaitProjected = () => awaitProjection(pool, appended, PROJECTION_TIMEOUT_MS)
  try {
    const options = { pool, append: appendPast, awaitProjected }
    return (await readInterval(options, { ...route, scope: null }, interval)).rows
  } catch (err) {
    const kind = restFailureOf(err)?.kind
    if (kind === 'quota' || kind === 'blocked') return null
    throw err
  }
}

interface UnreadDay {
  day: Date
  rows: number
}

/** The newest day first. */
async function loadUnreadDays(
  pool: pg.Pool,
  unread: string,
  { account, before }: { account: string; before: Date }
): Promise<UnreadDay[]> {
  const sql = `select date_trunc('day', at, 'UTC') as day, count(*)::int as rows
    from (${unread}) unread where at < $2 group by 1 order by 1 desc`
  return (await pool.query<UnreadDay>(sql, [account, before])).rows
}
