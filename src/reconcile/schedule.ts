import type pg from 'pg'
import type { RouteReader, Schedule } from './route-reader.js'

export const MINUTE_MS = 60_000

/** For so long after its last traffic an account counts as busy. */
export const BUSY_FOR_MS = 30 * MINUTE_MS

export interface DueOptions {
  schedule: Schedule
  /** Null when it was never read. */
  lastReadAt: Date | null
  /** When the last webhook of the account came, or REST reported a change; null when neither has happened. */
  lastTrafficAt: Date | null
  isAwaited: boolean
  now: Date
}

/** Whether a route is to be read now: often after traffic or while it is awaited, seldom at night. */
export function isDue({ schedule, lastReadAt, lastTrafficAt, isAwaited, now }: DueOptions): boolean {
  if (lastReadAt === null) return true
  const isBusy = lastTrafficAt !== null && now.getTime() - lastTrafficAt.getTime() < BUSY_FOR_MS
  const usualMs = isBusy ? schedule.busyMs : schedule.quietMs
  const everyMs = isAwaited ? (schedule.awaited?.everyMs ?? usualMs) : usualMs
  return now.getTime() - lastReadAt.getTime() >= everyMs
}

/** SQL intervals for the `awaited` conditions of the routes. */
export const AWAITED = {
  /** Something that was not reported so long after it happened comes with the next usual reading, or never. */
  giveUpAfter: '1 hour',
  longestCall: '12 hours',
  /** After so long without an event, an open call is requested by its id. */
  silence: '15 minutes',
  /** What every reading covers; calls that began before are requested by their ids (calls-in-doubt.ts). */
  nearWindow: '1 hour',
  /** After its last event a call may be in the list. */
  listedAfter: '3 minutes'
} as const

/**
 * The routes that are known to have something that was not read yet, such as the report of a call that has ended.
 * Reading them only then leaves the requests to the routes that nothing announces, such as messages.
 */
export async function loadAwaitedRoutes(
  pool: pg.Pool,
  readers: readonly RouteReader[],
  { account, now }: { account: string; now: Date }
): Promise<ReadonlySet<string>> {
  const columns = readers.flatMap(({ route, schedule }) =>
    schedule.awaited ? [`${schedule.awaited.condition} as "${route}"`] : []
  )
  if (columns.length === 0) return new Set()
  const sql = `select ${columns.join(',\n  ')} from (select $1::text, $2::timestamptz) parameters`
  const { rows } = await pool.query<Record<string, boolean>>(sql, [account, now])
  return new Set(Object.entries(rows[0] ?? {}).flatMap(([route, isAwaited]) => (isAwaited ? [route] : [])))
}
