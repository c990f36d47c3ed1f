import type pg from 'pg'
import type { RangePolled } from '../events/directory.js'
import { passCrashPoint } from '../crash-points.js'
import { loadCursor, moveCursor } from './cursors.js'
import type { Finding, Interval, ReadContext, Reader } from './reader.js'

export interface RouteParts {
  pool: pg.Pool
  /** Resolves when what says anything new is in the log. */
  append: (findings: readonly Finding[]) => Promise<unknown>
}

export interface RouteToRead {
  reader: Reader
  context: ReadContext
  scope: string | null
  /** Null: from the cursor on. */
  interval?: Interval | null
  onPage?: (rows: number) => void
}

/** Without a cursor: as far back as MightyCall goes by itself. */
const FIRST_LOOK_MS = 24 * 60 * 60 * 1000
/** A call is listed some minutes after its end, by the time of its beginning; a voicemail has its transcript even later. */
const OVERLAP_MS = 60 * 60 * 1000

/**
 * Reads a route from where it was last read in full, and an hour before, up to now.
 * The cursor moves when all is in the log: whoever dies before reads the same again, and appends nothing twice.
 *
 * @returns how many rows there were
 */
export async function readRoute ({ pool, append }: RouteParts, { reader, context, scope, interval = null, onPage = () => {} }: RouteToRead): Promise<number> {
  const { account, now } = context
  const key = { account: account.id, route: reader.route, scope }
  const read = interval ?? await nextInterval(pool, key, now())
  let count = 0
  for await (const { findings, rows } of reader.read(context, read, scope)) {
    await append(findings)
    count += rows
    passCrashPoint('between-page-and-cursor')
    onPage(rows)
  }
  await append([rangePolled({ ...read, reader, account: account.id, scope, count, now: now() })])
  await moveCursor(pool, key, { until: read.until, now: now() })
  return count
}

async function nextInterval (pool: pg.Pool, key: Parameters<typeof loadCursor>[1], now: Date): Promise<Interval> {
  const cursor = await loadCursor(pool, key)
  return { from: new Date(cursor ? cursor.getTime() - OVERLAP_MS : now.getTime() - FIRST_LOOK_MS), until: now }
}

interface Read extends Interval {
  reader: Reader
  account: string
  scope: string | null
  count: number
  now: Date
}

function rangePolled ({ reader: { route }, account, scope, from, until, count, now }: Read): Omit<RangePolled, 'id'> {
  const [begin, end, at] = [from.toISOString(), until.toISOString(), now.toISOString()]
  return {
    type: 'range.polled',
    rangeId: [route, ...scope === null ? [] : [scope], begin, end].join(' '),
    polled: route,
    scope,
    from: begin,
    until: end,
    count,
    account,
    occurredAt: at,
    receivedAt: at,
    source: 'rest',
    raw: {}
  }
}
