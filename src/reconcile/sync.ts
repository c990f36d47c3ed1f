import type { Logger } from 'pino'
import type { Account } from '../accounts/accounts.js'
import type { Event } from '../events/event.js'
import type { Clock } from '../lib/clock.js'
import { restFailureOf } from '../mightycall/rest/failures.js'
import type { Rest } from '../mightycall/rest/rest.js'
import { awaitProjection, PROJECTION_TIMEOUT_MS } from './await-projection.js'
import { accountContext, type ReadRouteOptions, readRoute } from './read-route.js'
import type { Fact, RouteReader } from './route-reader.js'

type SyncReason = 'auth' | 'sync' | 'quota'

/** The reading of a route within a run. */
interface SyncStep {
  route: string
  scope: string | null
  state: 'waiting' | 'reading' | 'done' | 'failed'
  /** How many rows were read so far. */
  rows: number
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
}

export interface SyncOptions extends ReadRouteOptions {
  rest: Rest
  readers: readonly RouteReader[]
  clock: Clock
  logger: Logger
}

const COUNT = `select (select count(*)::int from phone_numbers where account = $1 and is_active) as phones,
  (select count(*)::int from mightycall_extensions where account = $1) as extensions`

/** Reads every route of an account when a user asks for it. */
export function createSync(options: SyncOptions): Sync {
  const running = new Map<string, Promise<SyncedCounts>>()
  const runs = new Map<string, SyncRun>()

  async function begin(account: Account): Promise<SyncedCounts> {
    const { pool, readers, clock, logger } = options
    const appended: Event[] = []
    const append = async (facts: readonly Fact[]) => {
      const events = await options.append(facts)
      appended.push(...events)
      return events
    }
    const steps = readers.flatMap(reader =>
      reader.scopes(account).map(scope => {
        const step: SyncStep = { route: reader.route, scope, state: 'waiting', rows: 0 }
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
      for (const { reader, step } of steps) await readStep({ ...options, append }, account, reader, step)
      await awaitProjection(pool, appended, PROJECTION_TIMEOUT_MS)
      const {
        rows: [counts]
      } = await pool.query<SyncedCounts>(COUNT, [account.id])
      return counts ?? { phones: 0, extensions: 0 }
    } catch (err) {
      run.failed = syncFailureReason(err)
      logger.warn({ err, account: account.id, reason: run.failed }, 'sync failed')
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
    reasonOf: syncFailureReason
  }
}

async function readStep(options: SyncOptions, account: Account, reader: RouteReader, step: SyncStep): Promise<void> {
  const { rest, clock } = options
  step.state = 'reading'
  try {
    await readRoute(options, {
      reader,
      scope: step.scope,
      context: accountContext({ rest, clock }, account, 'sync'),
      onPage: rows => {
        step.rows += rows
      }
    })
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
