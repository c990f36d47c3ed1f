import type { Logger } from 'pino'
import { type Accounts, isReadable } from '../../accounts/accounts.js'
import { errorCodeOf, RestAuthError } from '../../errors.js'
import { backOffMs } from '../../lib/backoff.js'
import { restFailureOf } from '../../mightycall/rest/failures.js'
import type { LeaderElection } from '../leader-election.js'
import type { Backfill } from './backfill.js'
import { type RunBackfillOptions, runBackfill } from './run.js'
import { endBackfill, loadBackfills, saveWaiting } from './store.js'
import { RETRY } from './waiting-client.js'

export interface BackfillRunnerOptions extends RunBackfillOptions {
  accounts: Accounts
  /** Among the processes that run backfills: two at once would send every request twice. */
  leader: LeaderElection
  logger: Logger
}

export interface BackfillRunner {
  /** Looks for backfills to start or to stop now, rather than at the next tick. */
  wake: () => void
  /** Resolves when the requests in flight have ended. Backfills that are running resume at the next start. */
  close: () => Promise<void>
}

/**
 * waiting  it starts at the first tick after `startAt`, which is in the future after a failure
 * running  it reads; `ended` resolves when it stops, for whatever reason
 */
type JobState = { name: 'waiting'; startAt: Date } | { name: 'running'; ended: Promise<void> }

/** A backfill that this process is responsible for. */
interface BackfillJob {
  state: JobState
  stop: AbortController
  /** Failures since a chunk was last read. */
  failures: number
}

const TICK_MS = 10_000

/** Runs every backfill in the state `running`, as long as this process is the leader. Each waits for its own quota. */
export function startBackfillRunner(options: BackfillRunnerOptions): BackfillRunner {
  const { pool, leader, clock, logger } = options
  const stop = new AbortController()
  const jobs = new Map<string, BackfillJob>()
  let sleep = new AbortController()

  async function tick(): Promise<void> {
    const backfills = await loadBackfills(pool, { states: ['running'] })
    if (backfills.length === 0) await leader.close() // being the leader occupies a connection
    const own = backfills.length > 0 && (await leader.isLeader()) ? backfills : []
    for (const [id, job] of jobs) {
      if (own.some(backfill => backfill.id === id)) continue
      job.stop.abort()
      if (job.state.name === 'waiting') jobs.delete(id)
    }
    for (const backfill of own) {
      const job: BackfillJob = jobs.get(backfill.id) ?? {
        state: { name: 'waiting', startAt: new Date(0) },
        stop: new AbortController(),
        failures: 0
      }
      if (stop.signal.aborted || job.state.name === 'running' || job.state.startAt > clock.now()) continue
      jobs.set(backfill.id, job)
      job.state = { name: 'running', ended: runJob(backfill, job) }
    }
  }

  async function runJob(backfill: Backfill, job: BackfillJob): Promise<void> {
    const result = await attempt(options, backfill, job)
    if (result === 'ended' || job.stop.signal.aborted) jobs.delete(backfill.id)
    else job.state = { name: 'waiting', startAt: result.retryAt }
    sleep.abort()
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      sleep = new AbortController()
      await tick().catch(err => logger.warn({ err }, 'checking for backfills failed, retrying'))
      await clock.wait(TICK_MS, AbortSignal.any([stop.signal, sleep.signal]))
    }
  }

  const ticking = run()
  return {
    wake: () => sleep.abort(),
    close: async () => {
      stop.abort()
      await ticking
      for (const job of jobs.values()) job.stop.abort()
      await Promise.all([...jobs.values()].map(({ state }) => (state.name === 'running' ? state.ended : null)))
      await leader.close()
    }
  }
}

/** Runs a backfill until it ends, is stopped, or has to be tried again. */
async function attempt(
  { accounts, logger, ...options }: BackfillRunnerOptions,
  backfill: Backfill,
  job: BackfillJob
): Promise<'ended' | { retryAt: Date }> {
  const { pool, clock } = options
  const log = logger.child({ backfill: backfill.id, account: backfill.account })
  try {
    const account = accounts.byId(backfill.account)
    if (!account || !isReadable(account)) throw new RestAuthError('the account has no API key or no user key')
    await saveWaiting(pool, backfill.id, null) // it may hold what an ended process waited for
    await runBackfill(options, {
      account,
      backfill,
      signal: job.stop.signal,
      onChunk: () => {
        job.failures = 0
      }
    })
    await endBackfill(pool, backfill.id, { state: 'done', now: clock.now() })
    log.info('backfill finished')
    return 'ended'
  } catch (err) {
    if (job.stop.signal.aborted) return 'ended'
    job.failures++
    const retryAt = new Date(clock.now().getTime() + backOffMs(job.failures, RETRY))
    // the cast holds because every REST failure has a code
    if (restFailureOf(err)) return fail(err as Error & { code: string }).catch(() => ({ retryAt }))
    if (job.failures === 1) log.warn({ err }, 'backfill interrupted, retrying')
    // ignored when it fails, since Postgres may be what is unreachable
    await saveWaiting(pool, backfill.id, { code: errorCodeOf(err) ?? 'MCS_INTERNAL', until: retryAt }).catch(() => {})
    return { retryAt }
  }

  async function fail(err: Error & { code: string }): Promise<'ended'> {
    const failed = { code: err.code, message: err.message }
    await endBackfill(pool, backfill.id, { state: 'failed', now: clock.now(), failed })
    log.warn({ err }, 'backfill failed')
    return 'ended'
  }
}
