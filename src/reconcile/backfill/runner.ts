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
  /** Of those who backfill: two at once would ask everything twice. */
  leader: LeaderElection
  logger: Logger
}

export interface BackfillRunner {
  /** Looks at once at what there is to do. */
  wake: () => void
  /** Resolves when what is in flight is finished. What is running goes on with the next start. */
  close: () => Promise<void>
}

interface BackfillJob {
  stop: AbortController
  /** Null: it failed, and is tried again after `notBefore`. */
  running: Promise<void> | null
  failures: number
  notBefore: Date
}

const TICK_MS = 10_000

/**
 * Goes on with every backfill that is running, as long as this process is the elected one. Each account's waits for its
 * own quota.
 */
export function startBackfillRunner(options: BackfillRunnerOptions): BackfillRunner {
  const { pool, leader, clock, logger } = options
  const stop = new AbortController()
  const jobs = new Map<string, BackfillJob>()
  let sleep = new AbortController()

  async function tick(): Promise<void> {
    const running = await loadBackfills(pool, { states: ['running'] })
    if (running.length === 0) await leader.close() // it takes a connection
    const mine = running.length > 0 && (await leader.isLeader()) ? running : []
    for (const [id, job] of jobs) {
      if (mine.some(backfill => backfill.id === id)) continue
      job.stop.abort()
      if (!job.running) jobs.delete(id)
    }
    for (const backfill of mine) {
      const job = jobs.get(backfill.id) ?? {
        stop: new AbortController(),
        running: null,
        failures: 0,
        notBefore: new Date(0)
      }
      if (stop.signal.aborted || job.running || job.notBefore > clock.now()) continue
      jobs.set(backfill.id, job)
      job.running = work(backfill, job)
    }
  }

  async function work(backfill: Backfill, job: BackfillJob): Promise<void> {
    const isOver = await attempt(options, backfill, job)
    job.running = null
    if (isOver || job.stop.signal.aborted) jobs.delete(backfill.id)
    sleep.abort()
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      sleep = new AbortController()
      await tick().catch(err => logger.warn({ err }, 'backfills could not be looked at now, trying again'))
      await clock.wait(TICK_MS, AbortSignal.any([stop.signal, sleep.signal]))
    }
  }

  const looking = run()
  return {
    wake: () => sleep.abort(),
    close: async () => {
      stop.abort()
      await looking
      for (const job of jobs.values()) job.stop.abort()
      await Promise.all([...jobs.values()].map(job => job.running))
      await leader.close()
    }
  }
}

/** Whether it is over; otherwise it is to be tried again, unless it was told to stop. */
async function attempt(
  { accounts, logger, ...parts }: BackfillRunnerOptions,
  backfill: Backfill,
  job: BackfillJob
): Promise<boolean> {
  const { pool, clock } = parts
  const log = logger.child({ backfill: backfill.id, account: backfill.account })
  try {
    const account = accounts.byId(backfill.account)
    if (!account || !isReadable(account)) throw new RestAuthError('the account has no API key or no user key')
    await saveWaiting(pool, backfill.id, null) // what it waited for when its process ended
    await runBackfill(parts, {
      account,
      backfill,
      signal: job.stop.signal,
      onChunk: () => {
        job.failures = 0
      }
    })
    await endBackfill(pool, backfill.id, { state: 'done', now: clock.now() })
    log.info('a backfill is done')
    return true
  } catch (err) {
    if (job.stop.signal.aborted) return true
    job.failures++
    job.notBefore = new Date(clock.now().getTime() + backOffMs(job.failures, RETRY))
    // every REST failure has a code
    if (restFailureOf(err)) return fail(err as Error & { code: string }).catch(() => false)
    if (job.failures === 1) log.warn({ err }, 'a backfill cannot go on now, trying again')
    // Postgres may be what is away
    await saveWaiting(pool, backfill.id, { code: errorCodeOf(err) ?? 'MCS_INTERNAL', until: job.notBefore }).catch(
      () => {}
    )
    return false
  }

  async function fail(err: Error & { code: string }): Promise<true> {
    await endBackfill(pool, backfill.id, {
      state: 'failed',
      now: clock.now(),
      failed: { code: err.code, message: err.message }
    })
    log.warn({ err }, 'a backfill has failed')
    return true
  }
}
