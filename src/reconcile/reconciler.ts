import type pg from 'pg'
import type { Logger } from 'pino'
import { type Account, type Accounts, isReadable } from '../accounts/accounts.js'
import { backOffMs } from '../lib/backoff.js'
import type { Clock } from '../lib/clock.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { raiseAlarm } from '../observability/alarms.js'
import { loadCursor } from './cursors.js'
import type { LeaderElection } from './leader-election.js'
import { accountContext, type ReadRouteOptions, readRoute } from './read-route.js'
import type { RouteReader } from './route-reader.js'
import { BUSY_FOR_MS, isDue, loadAwaitedRoutes, lookBackMs } from './schedule.js'

export interface ReconcilerOptions extends ReadRouteOptions {
  accounts: Accounts
  rest: Rest
  readers: readonly RouteReader[]
  leader: LeaderElection
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
const LAST_WEBHOOK =
  "select max(received_at) as at from events where account = $1 and received_at > $2 and source = 'webhook'"

/** Reads what MightyCall has to tell, each route in its own pace, as long as this process is the elected one. */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { accounts, leader, clock, logger, onRead = async () => {} } = options
  const stop = new AbortController()
  const lines = new Map<string, ScheduledRoute>()
  const lastChangeAt = new Map<string, Date>() // by account, when a reading told something new

  async function tick(): Promise<void> {
    const readable = accounts.all().filter(isReadable)
    if (readable.length === 0) return // nobody is elected for nothing: it takes a connection
    if (!(await leader.isLeader())) return lines.clear() // what another has read meanwhile is not known here
    let hasRead = false
    for (const account of readable) {
      const lastTrafficAt =
        (await loadLastWebhookAt(options.pool, account.id, clock.now())) ?? lastChangeAt.get(account.id) ?? null
      const awaited = await loadAwaitedRoutes(options.pool, { account: account.id, now: clock.now() })
      const isJoined = scheduledRoutesOf(lines, options.readers, account).every(line => line.unlinked === 0)
      for (const line of scheduledRoutesOf(lines, options.readers, account)) {
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
          (await readScheduledRoute(
            { ...options, onChange: () => lastChangeAt.set(account.id, clock.now()) },
            account,
            line
          ))
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
interface ScheduledRoute {
  reader: RouteReader
  scope: string | null
  /** Null: never, as far as is known here. */
  lastReadAt: Date | null
  notBefore: Date
  failures: number
  /** Null: not since this process was elected. */
  lookedBackAt: Date | null
  /** Rows of the last reading that other routes have to tell more of. */
  unlinked: number
  /** Rows that could not be read the last time. */
  unreadable: number
}

function scheduledRoutesOf(
  lines: Map<string, ScheduledRoute>,
  readers: readonly RouteReader[],
  account: Account
): ScheduledRoute[] {
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
        unlinked: 0,
        unreadable: 0
      }
      lines.set(key, line)
      return line
    })
  )
}

/** Whether it could be read. */
async function readScheduledRoute(
  options: ReconcilerOptions & { onChange: () => void },
  account: Account,
  line: ScheduledRoute
): Promise<boolean> {
  const { clock, logger, rest } = options
  const { reader, scope } = line
  const append: ReadRouteOptions['append'] = async facts => {
    const events = await options.append(facts)
    if (events.some(({ type }) => type !== 'range.polled')) options.onChange()
    return events
  }
  try {
    const now = clock.now()
    const overlapMs = lookBackMs(reader.route, line.lookedBackAt, now)
    const { unlinked, unreadable } = await readRoute(
      { ...options, append },
      {
        reader,
        scope,
        context: accountContext({ rest, clock }, account, 'reconcile'),
        ...(overlapMs !== null && { overlapMs })
      }
    )
    if (unreadable > 0 && line.unreadable === 0)
      raiseAlarm(
        logger,
        { alarm: 'rest-rows-unread', account: account.id, route: reader.route, rows: unreadable },
        'rows of MightyCall cannot be read, and the hours they may be of stay unknown: GET /v1/drift says what they hold'
      )
    Object.assign(line, {
      lastReadAt: clock.now(),
      failures: 0,
      unlinked,
      unreadable,
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
async function loadLastWebhookAt(pool: pg.Pool, account: string, now: Date): Promise<Date | null> {
  const {
    rows: [row]
  } = await pool.query<{ at: Date | null }>(LAST_WEBHOOK, [account, new Date(now.getTime() - BUSY_FOR_MS)])
  return row?.at ?? null
}
