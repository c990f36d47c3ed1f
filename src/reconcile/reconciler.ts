import type pg from 'pg'
import type { Logger } from 'pino'
import { type Account, type Accounts, isReadable } from '../accounts/accounts.js'
import { backOffMs } from '../lib/backoff.js'
import type { Clock } from '../lib/clock.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { loadCursor } from './cursors.js'
import type { Leader } from './leader-election.js'
import { contextOf, type RouteParts, readRoute } from './read-route.js'
import type { Reader } from './route-reader.js'
import { awaitedRoutes, BUSY_FOR_MS, isDue, lookBackMs } from './schedule.js'

export interface ReconcilerOptions extends RouteParts {
  accounts: Accounts
  rest: Rest
  readers: readonly Reader[]
  leader: Leader
  clock: Clock
  logger: Logger
  /** After a round in which something was read: gaps are looked for. */
  onRead?: () => Promise<void>
}

export interface Reconciler {
  close: () => Promise<void>
}

const TICK_MS = 10_000
const RETRY = { first: 30_000, most: 15 * 60_000 }
/** Facts of REST are no traffic: each reading notes that it was made, and a backfill tells of last year. */
const HEARD = "select max(received_at) as at from events where account = $1 and received_at > $2 and source = 'webhook'"

/** Reads what MightyCall has to tell, each route in its own pace, as long as this process is the elected one. */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { accounts, leader, clock, logger, onRead = async () => {} } = options
  const stop = new AbortController()
  const lines = new Map<string, Line>()
  const toldAt = new Map<string, Date>() // by account, when a reading told something new

  async function tick(): Promise<void> {
    const readable = accounts.all().filter(isReadable)
    if (readable.length === 0) return // nobody is elected for nothing: it takes a connection
    if (!(await leader.isElected())) return lines.clear() // what another has read meanwhile is not known here
    let hasRead = false
    for (const account of readable) {
      const lastTrafficAt = (await lastHeard(options.pool, account.id, clock.now())) ?? toldAt.get(account.id) ?? null
      const awaited = await awaitedRoutes(options.pool, { account: account.id, now: clock.now() })
      const isJoined = linesOf(lines, options.readers, account).every(line => line.waiting === 0)
      for (const line of linesOf(lines, options.readers, account)) {
        if (stop.signal.aborted) return
        line.lastReadAt ??= await loadCursor(options.pool, {
          account: account.id,
          route: line.reader.route,
          scope: line.scope
        })
        const isToRead =
          line.notBefore <= clock.now() &&
          isDue({
            route: line.reader.route,
            lastReadAt: line.lastReadAt,
            lastTrafficAt,
            isAwaited: !isJoined || awaited.has(line.reader.route),
            now: clock.now()
          })
        if (
          isToRead &&
          (await readLine({ ...options, onNews: () => toldAt.set(account.id, clock.now()) }, account, line))
        )
          hasRead = true
      }
    }
    if (hasRead) await onRead()
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await tick().catch(err => logger.warn({ err }, 'MightyCall could not be read now, trying again'))
      await clock.wait(TICK_MS, stop.signal)
    }
  }

  const running = run()
  return {
    close: async () => {
      stop.abort()
      await running
      await leader.close()
    }
  }
}

/** A route of an account, or of one of its extensions. */
interface Line {
  reader: Reader
  scope: string | null
  /** Null: never, as far as is known here. */
  lastReadAt: Date | null
  notBefore: Date
  failures: number
  /** Null: not since this process was elected. */
  lookedBackAt: Date | null
  /** Rows of the last reading that other routes have to tell more of. */
  waiting: number
  /** Rows that could not be read the last time. */
  unread: number
}

function linesOf(lines: Map<string, Line>, readers: readonly Reader[], account: Account): Line[] {
  return readers.flatMap(reader =>
    reader.scopes(account).map(scope => {
      const key = JSON.stringify([account.id, reader.route, scope])
      const line = lines.get(key) ?? {
        reader,
        scope,
        lastReadAt: null,
        notBefore: new Date(0),
        failures: 0,
        lookedBackAt: null,
        waiting: 0,
        unread: 0
      }
      lines.set(key, line)
      return line
    })
  )
}

/** Whether it could be read. */
async function readLine(
  options: ReconcilerOptions & { onNews: () => void },
  account: Account,
  line: Line
): Promise<boolean> {
  const { clock, logger, rest } = options
  const { reader, scope } = line
  const append: RouteParts['append'] = async findings => {
    const events = await options.append(findings)
    if (events.some(({ type }) => type !== 'range.polled')) options.onNews()
    return events
  }
  try {
    const now = clock.now()
    const overlapMs = lookBackMs(reader.route, line.lookedBackAt, now)
    const { waiting, unread } = await readRoute(
      { ...options, append },
      {
        reader,
        scope,
        context: contextOf({ rest, clock }, account, 'reconcile'),
        ...(overlapMs !== null && { overlapMs })
      }
    )
    if (unread > 0 && line.unread === 0)
      logger.error(
        { alarm: 'rest-rows-unread', account: account.id, route: reader.route, rows: unread },
        'rows of MightyCall cannot be read, and the hours they may be of stay unknown: GET /v1/drift says what they hold'
      )
    Object.assign(line, {
      lastReadAt: clock.now(),
      failures: 0,
      waiting,
      unread,
      ...(overlapMs !== null && { lookedBackAt: now })
    })
    return true
  } catch (err) {
    const trouble = restFailureOf(err)
    line.failures++
    line.notBefore = trouble?.until ?? new Date(clock.now().getTime() + backOffMs(line.failures, RETRY))
    if (line.failures === 1 && trouble?.kind !== 'auth')
      logger.warn(
        { err, account: account.id, route: reader.route, trouble: trouble?.kind },
        'a route of MightyCall could not be read, trying again'
      ) // refused credentials are an alarm already
    return false
  }
}

/** Null: not lately. */
async function lastHeard(pool: pg.Pool, account: string, now: Date): Promise<Date | null> {
  const {
    rows: [row]
  } = await pool.query<{ at: Date | null }>(HEARD, [account, new Date(now.getTime() - BUSY_FOR_MS)])
  return row?.at ?? null
}
