import type { Logger } from 'pino'
import type { Account } from '../accounts/accounts.js'
import { StoppingError } from '../errors.js'
import type { Event } from '../events/event.js'
import type { Clock } from '../lib/clock.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { Rest } from '../mightycall/rest/rest.js'
import type { AcceptPage } from './accept-page.js'
import { awaitProjection, PROJECTION_TIMEOUT_MS } from './await-projection.js'
import type { DoubtfulCalls } from './calls-in-doubt.js'
import { accountContext, type ReadRouteOptions, readRoute } from './read-route.js'
import type { RouteReader } from './route-reader.js'
import { readUnreadFlags } from './unread-flags.js'

type SyncReason = 'auth' | 'sync' | 'quota'

/** The reading of a route within a run. */
interface SyncStep {
  route: string
  scope: string | null
  state: 'waiting' | 'reading' | 'done' | 'failed'
  /** How many rows were read so far. */
  rows: number
  /** Everything since then was read, or its flags at least; null for a route without times, and until it is done. */
  readFrom: Date | null
  /** How many older rows are unread here, and may have been read in MightyCall. */
  unreadBefore: number
}

export interface SyncRun {
  account: string
  startedAt: Date
  /** Null while it is running. */
  finishedAt: Date | null
  steps: SyncStep[]
  failed: SyncReason | null
}

export interface SyncedCounts {
  phones: number
  extensions: number
}

export interface Sync {
  /**
   * Reads all routes of the account, and resolves when what was read can be queried. Concurrent calls share one run.
   *
   * @throws the error that ended the run; `reasonOf` classifies it
   */
  run: (account: Account) => Promise<SyncedCounts>
  /** The newest run of each account since this process started. */
  runs: () => SyncRun[]
  /** The reason of an error of `run`, as the first system's contract names it. */
  reasonOf: (err: unknown) => SyncReason
  /**
   * Ends the runs after their current page, and waits for them: a run continues although its caller has disconnected.
   * They reject with StoppingError.
   */
  close: () => Promise<void>
}

export interface SyncOptions extends Omit<ReadRouteOptions, 'append'> {
  append: AcceptPage
  rest: Rest
  readers: readonly RouteReader[]
  longestCallMs: number
  doubtfulCalls: DoubtfulCalls
  clock: Clock
  logger: Logger
}

/** Of one route in one sync. */
const MAX_REQUESTS_FOR_FLAGS = 40

const COUNT = `select (select count(*)::int from phone_numbers where account = $1 and is_active) as phones,
  (select count(*)::int from mightycall_extensions where account = $1) as extensions`

/** Reads every route of an account when a user asks for it. */
export function createSync(options: SyncOptions): Sync {
  const running = new Map<string, Promise<SyncedCounts>>()
  const runs = new Map<string, SyncRun>()
  let isClosing = false

  function continueUnlessClosing(): void {
    if (isClosing) throw new StoppingError()
  }

  async function begin(account: Account): Promise<SyncedCounts> {
    const { pool, readers, clock, logger } = options
    const appended: Event[] = []
    const append: AcceptPage = async (facts, appendOptions) => {
      continueUnlessClosing()
      const events = await options.append(facts, appendOptions)
      appended.push(...events)
      return events
    }
    const steps = readers.flatMap(reader =>
      reader.scopes(account).map(scope => {
        const step: SyncStep = {
          route: reader.route,
          scope,
          state: 'waiting',
          rows: 0,
          readFrom: null,
          unreadBefore: 0
        }
        return { reader, step }
      })
    )
    const run: SyncRun = {
      account: account.id,
      startedAt: clock.now(),
      finishedAt: null,
      steps: steps.map(({ step }) => step),
      failed: null
    }
    runs.set(account.id, run)
    try {
      for (const { reader, step } of steps) {
        continueUnlessClosing()
        await readStep({ ...options, append }, account, reader, step)
      }
      await options.doubtfulCalls.read(accountContext(options, account, 'sync'), { isForced: true })
      await options.awaitProjected?.()
      await awaitProjection(pool, appended, PROJECTION_TIMEOUT_MS)
      const {
        rows: [counts]
      } = await pool.query<SyncedCounts>(COUNT, [account.id])
      return counts ?? { phones: 0, extensions: 0 }
    } catch (err) {
      run.failed = syncFailureReason(err)
      if (!isClosing) logger.warn({ err, account: account.id, reason: run.failed }, 'sync failed')
      throw err
    } finally {
      run.finishedAt = clock.now()
      running.delete(account.id)
    }
  }

  return {
    run: account => {
      const run = running.get(account.id) ?? begin(account)
      running.set(account.id, run)
      return run
    },
    runs: () => [...runs.values()],
    reasonOf: syncFailureReason,
    close: async () => {
      isClosing = true
      await Promise.allSettled(running.values())
    }
  }
}

async function readStep(options: SyncOptions, account: Account, reader: RouteReader, step: SyncStep): Promise<void> {
  const { rest, clock } = options
  const furthest = reader.lookBacks(options.longestCallMs).at(-1)
  const onPage = (rows: number) => {
    step.rows += rows
  }
  step.state = 'reading'
  try {
    const context = accountContext({ rest, clock }, account, 'sync')
    const { from } = await readRoute(options, {
      reader,
      scope: step.scope,
      context,
      ...(furthest && { overlapMs: furthest.byMs }),
      onPage
    })
    if (reader.history) step.readFrom = from
    if (reader.unread)
      Object.assign(
        step,
        await readUnreadFlags(options, {
          reader,
          context: { ...context, permitClass: 'backfill' }, // leaves the quota to what is more urgent
          before: from,
          maxRequests: MAX_REQUESTS_FOR_FLAGS,
          onPage
        })
      )
    step.state = 'done'
  } catch (err) {
    step.state = 'failed'
    throw err
  }
}

function syncFailureReason(err: unknown): SyncReason {
  switch (restFailureOf(err)?.kind) {
    case 'auth':
      return 'auth'
    case 'quota':
    case 'blocked':
      return 'quota'
    default:
      return 'sync'
  }
}
