import type pg from 'pg'
import type { Account } from '../accounts/accounts.js'
import type { RangePolled } from '../events/directory.js'
import type { Event } from '../events/event.js'
import type { Clock } from '../lib/clock.js'
import { passCrashPoint } from '../lib/crash-points.js'
import { DAY_MS, HOUR_MS } from '../lib/instant.js'
import type { PermitClass } from '../mightycall/rest/quota/port.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { loadCursor, moveCursor } from './cursors.js'
import { linkPage } from './link.js'
import {
  type AccountContext,
  createLookups,
  type Fact,
  type FactOf,
  type Interval,
  type RouteReader
} from './route-reader.js'
import { factEnvelope, type SourceRow } from './routes/row.js'

export interface ReadRouteOptions {
  pool: pg.Pool
  /** Resolves, with the events of the facts that are changes, once these are in the log. */
  append: (facts: readonly Fact[]) => Promise<Event[]>
  /**
   * Resolves when the appended calls, voicemails and messages have rows: unlinked rows are matched with these, and an
   * interval counts as read only then. By default they are taken to have them.
   *
   * @throws NotProjectedError  they have none in time
   */
  awaitProjected?: () => Promise<void>
}

export interface RouteToRead {
  reader: RouteReader
  context: AccountContext
  scope: string | null
  /** How long before the cursor the interval begins. */
  overlapMs?: number
  onPage?: (rows: number) => void
}

export interface ReadCounts {
  rows: number
  /** Rows that could not be linked, because their call or voicemail is not known yet. */
  unlinked: number
  unreadable: number
}

/** How far the first reading goes back: MightyCall's own default. */
const FIRST_LOOK_BACK_MS = DAY_MS
/** Calls are listed minutes after their end, by the time they began; the transcript of a voicemail comes even later. */
const OVERLAP_MS = HOUR_MS

/**
 * Reads a route from some time before its cursor until now, and moves the cursor once everything is in the log. After
 * a crash the interval is read again, and facts that were appended already are recognized.
 * Unreadable rows do not stop the cursor, which would hold up all later rows; the `range.polled` event counts them.
 *
 * @returns  what was read, and the beginning of the interval
 * @throws the error of MightyCall, the log or Postgres; the cursor has not moved then
 */
export async function readRoute(
  options: ReadRouteOptions,
  { overlapMs = OVERLAP_MS, ...route }: RouteToRead
): Promise<ReadCounts & { from: Date }> {
  const { reader, scope, context } = route
  const key = { account: context.account.id, route: reader.route, scope }
  const until = context.now()
  const cursor = await loadCursor(options.pool, key)
  const from = cursor ? new Date(cursor.getTime() - overlapMs) : firstFrom(reader, until)
  const counts = await readInterval(options, route, { from, until })
  await moveCursor(options.pool, key, { until, now: context.now() })
  return { ...counts, from }
}

function firstFrom({ history }: RouteReader, now: Date): Date {
  return history === null ? new Date(0) : new Date(now.getTime() - FIRST_LOOK_BACK_MS)
}

/** Reads a route for an interval and appends that it was read; no cursor moves. Resolves once all is in the log. */
export async function readInterval(
  { pool, append, awaitProjected = async () => {} }: ReadRouteOptions,
  { reader, context, scope, onPage = () => {} }: Omit<RouteToRead, 'overlapMs'>,
  interval: Interval
): Promise<ReadCounts> {
  const { account, now } = context
  const startedAt = now()
  const counts: ReadCounts = { rows: 0, unlinked: 0, unreadable: 0 }
  for await (const page of reader.read({ ...context, lookups: createLookups(pool, account.id) }, interval, scope)) {
    if (page.unlinked.length > 0) await awaitProjected()
    const linked = await linkPage(pool, account.id, page)
    await append(linked.facts)
    counts.rows += page.rows
    counts.unlinked += linked.unlinked
    counts.unreadable += page.unreadable ?? 0
    passCrashPoint('between-page-and-cursor')
    onPage(page.rows)
  }
  const range = { route: reader.route, scope, interval, count: counts.rows, unreadable: counts.unreadable }
  await awaitProjected()
  // what appeared while the pages were read, which may take hours when the quota is used up, may not be among them
  await append([{ ...rangeFact(range, { account, at: startedAt }), receivedAt: now().toISOString() }])
  return counts
}

export function accountContext(
  { rest, clock }: { rest: Rest; clock: Clock },
  account: Account,
  permitClass: PermitClass
): AccountContext {
  return { account, permitClass, now: clock.now, clientOf: extension => rest.clientOf(account, extension) }
}

interface PolledRange {
  route: string
  scope: string | null
  interval: Interval
  /** The rows of all pages. */
  count: number
  unreadable?: number
}

/** The fact that a route was read for an interval, which is appended after all facts of that interval. */
export function rangeFact(
  { route, scope, interval, count, unreadable = 0 }: PolledRange,
  source: Pick<SourceRow, 'account' | 'at'>
): FactOf<RangePolled> {
  const [from, until] = [interval.from.toISOString(), interval.until.toISOString()]
  return {
    ...factEnvelope('range.polled', { ...source, raw: {} }),
    rangeId: [route, ...(scope === null ? [] : [scope]), from, until].join(' '),
    polled: route,
    scope,
    from,
    until,
    count,
    ...(unreadable > 0 && { unread: unreadable }),
    raw: {}
  }
}
