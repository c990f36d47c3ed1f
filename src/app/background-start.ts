import type { Logger } from 'pino'
import { errorCodeOf } from '../errors.js'
import type { BackgroundService } from '../lib/background-service.js'
import { codeOrNameOf } from '../lib/error-code.js'
import { retry } from '../lib/retry.js'
import { raiseAlarm, resolveAlarm } from '../observability/alarms.js'

/** A background service whose start is retried until it succeeds. Until then `trouble` is the start problem. */
export interface RetriedStart extends BackgroundService {
  /** Resolves after the first attempt, whether or not it succeeded. */
  firstAttempt: Promise<void>
  /** Why it has not started yet, or null once it has. */
  startProblem: () => string | null
}

const BACK_OFF = { first: 250, most: 2_000 }

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
    const attempt = async (failures: number) => {
      service = await start()
      if (failures > 0) logger.info({ part: name }, 'started after a retry')
    }
    const onFailure = (err: unknown) => {
      const reason = reasonOf(err)
      if (reason !== problem)
        raiseAlarm(logger, { alarm: 'not-started', part: name, problem: reason }, 'cannot start yet, retrying')
      problem = reason
      endFirstAttempt()
    }
    await retry(attempt, { signal: stop.signal, backOff: BACK_OFF, onFailure })
    if (service) resolveAlarm(logger, { alarm: 'not-started', part: name })
    endFirstAttempt()
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

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

/** The message of an error of this service; only the code or name of others, whose messages may quote values. */
function reasonOf(err: unknown): string {
  return err instanceof Error && errorCodeOf(err) !== null ? err.message : codeOrNameOf(err)
}
