import type pg from 'pg'
import type { Account } from '../accounts/accounts.js'
import type { Event } from '../events/event.js'
import type { Clock } from '../lib/clock.js'
import { passCrashPoint } from '../lib/crash-points.js'
import { DAY_MS } from '../lib/instant.js'
import type { PermitClass } from '../mightycall/rest/quota/port.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { type CursorKey, loadCursor, moveCursor } from './cursors.js'
import { linkPage } from './link.js'
import { type AccountContext, createLookups, type Fact, type Interval, type RouteReader } from './route-reader.js'
import { rangeFact } from './routes/polled-range.js'

export interface ReadRouteOptions {
  pool: pg.Pool
  /** Resolves, with what says anything new, when that is in the log. */
  append: (facts: readonly Fact[]) => Promise<Event[]>
  /**
   * Resolves when the calls and voicemails that were appended have their rows. Absent: they have.
   * @throws NotProjectedError  they have not, after so long
   */
  awaitLinkTargets?: () => Promise<void>
}

export interface RouteToRead {
  reader: RouteReader
  context: AccountContext
  scope: string | null
  /** How long before the cursor. */
  overlapMs?: number
  onPage?: (rows: number) => void
}

export interface ReadCounts {
  rows: number
  /** Of these, such as belong to what is not known yet. */
  unlinked: number
  /** Of these, such as could not be read. */
  unreadable: number
}

/** Without a cursor: as far back as MightyCall goes by itself. */
const FIRST_LOOK_MS = DAY_MS
/** What they have is of now, not of an interval: first of all, everything. */
const WITHOUT_TIMES: ReadonlySet<RouteReader['route']> = new Set(['numbers', 'extensions', 'contacts', 'presence'])
/**
 * A call is listed some minutes after its end, by the time of its beginning; a voicemail has its transcript even later.
 */
export const OVERLAP_MS = 60 * 60 * 1000

/**
 * Reads a route from where it was last read in full, and some time before, up to now.
 * The cursor moves when all is in the log: whoever dies before reads the same again, and appends nothing twice.
 * It passes rows that cannot be read, which must not hold up all that come later; the interval is then told as not read
 * in full.
 *
 * @throws what MightyCall, the log or Postgres threw: nothing is lost then
 */
export async function readRoute(
  parts: ReadRouteOptions,
  { overlapMs = OVERLAP_MS, ...route }: RouteToRead
): Promise<ReadCounts> {
  const {
    reader,
    scope,
    context: { account, now }
  } = route
  const key = { account: account.id, route: reader.route, scope }
  const interval = await nextInterval(parts.pool, key, { now: now(), overlapMs })
  const read = await readInterval(parts, route, interval)
  await moveCursor(parts.pool, key, { until: interval.until, now: now() })
  return read
}

/**
 * Reads a route for an interval, and notes that it was read; resolves when all of it is in the log. No cursor moves.
 */
export async function readInterval(
  { pool, append, awaitLinkTargets = async () => {} }: ReadRouteOptions,
  { reader, context, scope, onPage = () => {} }: Omit<RouteToRead, 'overlapMs'>,
  interval: Interval
): Promise<ReadCounts> {
  const { account, now } = context
  const counts: ReadCounts = { rows: 0, unlinked: 0, unreadable: 0 }
  for await (const page of reader.read({ ...context, lookups: createLookups(pool, account.id) }, interval, scope)) {
    if (page.unlinked.length > 0) await awaitLinkTargets()
    const linked = await linkPage(pool, account.id, page)
    await append(linked.facts)
    counts.rows += page.rows
    counts.unlinked += linked.unlinked
    counts.unreadable += page.unreadable ?? 0
    passCrashPoint('between-page-and-cursor')
    onPage(page.rows)
  }
  await append([
    rangeFact(
      { route: reader.route, scope, interval, count: counts.rows, unread: counts.unreadable },
      { account, at: now() }
    )
  ])
  return counts
}

export function accountContext(
  { rest, clock }: { rest: Rest; clock: Clock },
  account: Account,
  permitClass: PermitClass
): AccountContext {
  return { account, permitClass, now: clock.now, clientOf: extension => rest.clientOf(account, extension) }
}

async function nextInterval(
  pool: pg.Pool,
  key: CursorKey,
  { now, overlapMs }: { now: Date; overlapMs: number }
): Promise<Interval> {
  const cursor = await loadCursor(pool, key)
  if (cursor) return { from: new Date(cursor.getTime() - overlapMs), until: now }
  return { from: WITHOUT_TIMES.has(key.route) ? new Date(0) : new Date(now.getTime() - FIRST_LOOK_MS), until: now }
}
