import type pg from 'pg'
import type { Logger } from 'pino'
import { type Account, type Accounts, isReadable } from '../accounts/accounts.js'
import { backOffMs } from '../lib/backoff.js'
import type { Clock } from '../lib/clock.js'
import { DAY_MS, HOUR_MS } from '../lib/instant.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { raiseAlarm, resolveAlarm } from '../observability/alarms.js'
import type { AcceptPage } from './accept-page.js'
import type { DoubtfulCalls } from './calls-in-doubt.js'
import { loadCursor } from './cursors.js'
import type { LeaderElection } from './leader-election.js'
import { dueLookBack, recordLookBack } from './look-back.js'
import { accountContext, type ReadRouteOptions, readRoute } from './read-route.js'
import type { RouteReader } from './route-reader.js'
import { BUSY_FOR_MS, isDue, loadAwaitedRoutes } from './schedule.js'
import { readUnreadFlags } from './unread-flags.js'

export interface ReconcilerOptions extends Omit<ReadRouteOptions, 'append'> {
  append: AcceptPage
  accounts: Accounts
  rest: Rest
  readers: readonly RouteReader[]
  leader: LeaderElection
  clock: Clock
  logger: Logger
  longestCallMs: number
  doubtfulCalls: DoubtfulCalls
  /** Called after a round in which a route was read, to look for gaps. */
  onRead?: () => Promise<void>
}

export interface Reconciler {
  close: () => Promise<void>
}

const TICK_MS = 10_000
/** Without a sync that somebody asks for, the flags of old unread rows are read once a day. */
const FLAGS = { everyMs: DAY_MS, firstAfterMs: HOUR_MS, maxRequests: 20 }
const RETRY = { first: 30_000, most: 15 * 60_000 }
/**
 * Facts of REST are no traffic: every reading appends one, and a backfill appends those of last year. A receipt in the
 * future is of a clock that has jumped.
 */
const LAST_WEBHOOK = `select max(received_at) as at from events
  where account = $1 and received_at > $2 and received_at <= $3 and source = 'webhook'`

/**
 * scheduled  it is read when its schedule says so
 * failing    the last reading failed, and the next one is not before `retryAt`
 */
type RouteState = { name: 'scheduled' } | { name: 'failing'; failures: number; retryAt: Date }

/** A route of an account, or one scope of it. */
interface ScheduledRoute {
  reader: RouteReader
  scope: string | null
  state: RouteState
  /** Null when it was never read, as far as this process knows. */
  lastReadAt: Date | null
  /** When each look-back was last read since this process became the leader, by its reach. */
  lookedBackAt: Map<number, Date>
  /** When the flags of unread rows were last read further back than usual. */
  flagsReadAt: Date
  /** Rows of the last reading whose calls or voicemails were not known. */
  unlinked: number
  /** Rows of the last reading that could not be read. */
  unreadable: number
}

/** Reads every route of every account on its schedule, as long as this process is the leader. */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { pool, accounts, readers, leader, clock, logger, onRead = async () => {} } = options
  const stop = new AbortController()
  const routes = new Map<string, ScheduledRoute>()
  const lastChangeAt = new Map<string, Date>() // by account: when a reading last found a change
  const doubts = new Map<string, Doubts>() // by account

  async function tick(): Promise<void> {
    const readable = accounts.all().filter(isReadable)
    if (readable.length === 0) return // being the leader would occupy a connection for nothing
    if (!(await leader.isLeader())) return routes.clear() // another process reads now, and this one does not know what
    let hasRead = false
    for (const account of readable) {
      if (await readDueRoutes(account)) hasRead = true
      if (stop.signal.aborted) break
      if (await readCallsInDoubt(options, account, doubts)) hasRead = true
    }
    if (hasRead) await onRead()
  }

  async function readDueRoutes(account: Account): Promise<boolean> {
    const own = scheduledRoutesOf(routes, { readers, account, now: clock.now() })
    const lastTrafficAt =
      (await loadLastWebhookAt(pool, account.id, clock.now())) ?? lastChangeAt.get(account.id) ?? null
    const awaited = await loadAwaitedRoutes(pool, readers, { account: account.id, now: clock.now() })
    const linkTargets = new Set(own.flatMap(({ unlinked, reader }) => (unlinked > 0 ? reader.linksTo : [])))
    let hasRead = false
    for (const scheduled of own) {
      if (stop.signal.aborted) return hasRead
      const { reader, scope, state } = scheduled
      scheduled.lastReadAt ??= await loadCursor(pool, { account: account.id, route: reader.route, scope })
      if (state.name === 'failing' && state.retryAt > clock.now()) continue
      const isAwaited = awaited.has(reader.route) || linkTargets.has(reader.route)
      const { schedule } = reader
      const { lastReadAt } = scheduled
      if (!isDue({ schedule, lastReadAt, lastTrafficAt, isAwaited, now: clock.now() })) continue
      const onChange = () => lastChangeAt.set(account.id, clock.now())
      if (await readScheduledRoute({ ...options, onChange }, account, scheduled)) hasRead = true
    }
    return hasRead
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await tick().catch(err => logger.warn({ err }, 'reading MightyCall failed, retrying'))
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

function scheduledRoutesOf(
  routes: Map<string, ScheduledRoute>,
  { readers, account, now }: { readers: readonly RouteReader[]; account: Account; now: Date }
): ScheduledRoute[] {
  return readers.flatMap(reader =>
    reader.scopes(account).map(scope => {
      const key = JSON.stringify([account.id, reader.route, scope])
      const scheduled: ScheduledRoute = routes.get(key) ?? {
        reader,
        scope,
        state: { name: 'scheduled' },
        lastReadAt: null,
        lookedBackAt: new Map(),
        flagsReadAt: new Date(now.getTime() - FLAGS.everyMs + FLAGS.firstAfterMs),
        unlinked: 0,
        unreadable: 0
      }
      routes.set(key, scheduled)
      return scheduled
    })
  )
}

/** Returns whether the route could be read. */
async function readScheduledRoute(
  options: ReconcilerOptions & { onChange: () => void },
  account: Account,
  scheduled: ScheduledRoute
): Promise<boolean> {
  const { clock, logger, rest } = options
  const { reader, scope } = scheduled
  const append: AcceptPage = async (facts, appendOptions) => {
    const events = await options.append(facts, appendOptions)
    if (events.some(({ type }) => type !== 'range.polled')) options.onChange()
    return events
  }
  try {
    const now = clock.now()
    const lookBacks = reader.lookBacks(options.longestCallMs)
    const lookBack = dueLookBack(lookBacks, scheduled.lookedBackAt, now)
    const context = accountContext({ rest, clock }, account, 'reconcile')
    const { unlinked, unreadable, from } = await readRoute(
      { ...options, append },
      { reader, scope, context, ...(lookBack && { overlapMs: lookBack.byMs }) }
    )
    if (unreadable > 0 && scheduled.unreadable === 0)
      raiseAlarm(
        logger,
        { alarm: 'rest-rows-unread', account: account.id, route: reader.route, rows: unreadable },
        'rows of MightyCall cannot be read, and the hours that they may belong to stay unknown; see GET /v1/drift'
      )
    if (unreadable === 0) resolveAlarm(logger, { alarm: 'rest-rows-unread', account: account.id, route: reader.route })
    Object.assign(scheduled, { lastReadAt: clock.now(), state: { name: 'scheduled' }, unlinked, unreadable })
    if (lookBack) recordLookBack(lookBacks, scheduled.lookedBackAt, { byMs: lookBack.byMs, at: now })
    await readOldFlags({ ...options, append }, scheduled, { account, before: from })
    return true
  } catch (err) {
    const failure = restFailureOf(err)
    const failures = scheduled.state.name === 'failing' ? scheduled.state.failures + 1 : 1
    const retryAt = failure?.until ?? new Date(clock.now().getTime() + backOffMs(failures, RETRY))
    scheduled.state = { name: 'failing', failures, retryAt }
    // refused credentials have raised an alarm already
    if (failures === 1 && failure?.kind !== 'auth')
      logger.warn(
        { err, account: account.id, route: reader.route, trouble: failure?.kind },
        'reading a route of MightyCall failed, retrying'
      )
    return false
  }
}

async function readOldFlags(
  options: ReconcilerOptions,
  scheduled: ScheduledRoute,
  { account, before }: { account: Account; before: Date }
): Promise<void> {
  const { reader, flagsReadAt } = scheduled
  const now = options.clock.now()
  if (!reader.unread || now.getTime() - flagsReadAt.getTime() < FLAGS.everyMs) return
  scheduled.flagsReadAt = now
  const context = accountContext(options, account, 'backfill')
  await readUnreadFlags(options, { reader, context, before, maxRequests: FLAGS.maxRequests })
}

/** The requests for calls in doubt of an account. */
interface Doubts {
  nextAt: Date
  failures: number
}

const DOUBTS_EVERY_MS = 60_000

/** Returns whether MightyCall reported a call. */
async function readCallsInDoubt(
  { clock, logger, rest, doubtfulCalls }: ReconcilerOptions,
  account: Account,
  doubts: Map<string, Doubts>
): Promise<boolean> {
  const { nextAt, failures } = doubts.get(account.id) ?? { nextAt: clock.now(), failures: 0 }
  if (nextAt > clock.now()) return false
  try {
    const reported = await doubtfulCalls.read(accountContext({ rest, clock }, account, 'reconcile'))
    doubts.set(account.id, { nextAt: new Date(clock.now().getTime() + DOUBTS_EVERY_MS), failures: 0 })
    return reported > 0
  } catch (err) {
    const failure = restFailureOf(err)
    const retryAt = failure?.until ?? new Date(clock.now().getTime() + backOffMs(failures + 1, RETRY))
    doubts.set(account.id, { nextAt: retryAt, failures: failures + 1 })
    if (failures === 0 && failure?.kind !== 'auth')
      logger.warn({ err, account: account.id, trouble: failure?.kind }, 'requesting calls in doubt failed, retrying')
    return false
  }
}

/** When the last webhook came, or null when none came while the account would count as busy. */
async function loadLastWebhookAt(pool: pg.Pool, account: string, now: Date): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date | null }>(LAST_WEBHOOK, [
    account,
    new Date(now.getTime() - BUSY_FOR_MS),
    now
  ])
  return rows[0]?.at ?? null
}
