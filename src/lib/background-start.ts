import type { Logger } from 'pino'
import { backOffMs, pause } from './backoff.js'

/** Work that runs until it is closed. */
export interface BackgroundService {
  /** Why it does not work at the moment, or null when it does. */
  trouble: () => string | null | Promise<string | null>
  close: () => Promise<void>
}

/** A background service whose start is retried until it succeeds. Until then `trouble` is the start problem. */
export interface RetriedStart extends BackgroundService {
  /** Resolves after the first attempt, whether or not it succeeded. */
  firstAttempt: Promise<void>
  /** Why it has not started yet, or null once it has. */
  startProblem: () => string | null
}

/**
 * Starts a service, and retries with back-off until the start succeeds or `close` is called: a server that is not
 * reachable yet must not keep the rest of the process from working.
 * @param name  for the log
 */
export function startWithRetry(name: string, start: () => Promise<BackgroundService>, logger: Logger): RetriedStart {
  const stop = new AbortController()
  const { promise: firstAttempt, resolve: endFirstAttempt } = createDeferred()
  let service: BackgroundService | null = null
  let problem: string | null = 'is starting'

  async function run(): Promise<void> {
    for (let attempts = 1; !stop.signal.aborted; attempts++) {
      try {
        service = await start()
        if (attempts > 1) logger.info({ part: name }, 'started after a retry')
        return endFirstAttempt()
      } catch (err) {
        const reason = reasonOf(err)
        if (reason !== problem)
          logger.error({ alarm: 'not-started', part: name, problem: reason }, 'cannot start yet, retrying')
        problem = reason
        endFirstAttempt()
        await pause(backOffMs(attempts, { first: 250, most: 2_000 }), stop.signal)
      }
    }
  }

  const running = run()
  return {
    firstAttempt,
    startProblem: () => (service ? null : problem),
    trouble: () => (service ? service.trouble() : problem),
    close: async () => {
      stop.abort()
      await running
      await service?.close()
    }
  }
}

/** The result of a start that leaves nothing running, such as a migration. */
export const NOTHING_RUNNING: BackgroundService = { trouble: () => null, close: async () => {} }

/** Concurrent callers share one run. A success is kept; after a failure the next call runs the work again. */
export function shareUntilSuccess(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => {
    running ??= work().catch(err => {
      running = null
      throw err
    })
    return running
  }
}

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

/** The message of our own errors; only the code or name of others, whose messages may quote values. */
function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return 'unknown error'
  const { code } = err as { code?: unknown } // node and our errors have one
  if (typeof code !== 'string') return err.name
  return code.startsWith('MCS_') ? err.message : code
}
