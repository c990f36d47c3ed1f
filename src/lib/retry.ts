import { type BackOff, backOffMs, pause, withJitter } from './backoff.js'

export interface RetryOptions {
  /** Ends the retries: `retry` then resolves with undefined. */
  signal?: AbortSignal
  backOff?: BackOff
  /** How many attempts are made before the error of the last one is thrown. Unlimited by default. */
  maxAttempts?: number
  /** An error for which this returns false is thrown at once. */
  isRetryable?: (err: unknown) => boolean
  /** Called after each failed attempt that is followed by another one. */
  onFailure?: (err: unknown, delayMs: number) => void
  /** How to wait between attempts. By default a wait without a signal does not keep the process alive. */
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** 0 to 1, for the jitter. */
  random?: () => number
}

/**
 * Calls `attempt` until it succeeds, with longer and longer pauses between the attempts. Each pause is shortened by up
 * to half at random, so that processes which failed together do not try again together.
 * @param attempt  receives the number of attempts that have failed so far
 */
export async function retry<T>(
  attempt: (failures: number) => Promise<T>,
  options: RetryOptions & { signal: AbortSignal }
): Promise<T | undefined>
export async function retry<T>(attempt: (failures: number) => Promise<T>, options?: RetryOptions): Promise<T>
export async function retry<T>(
  attempt: (failures: number) => Promise<T>,
  {
    signal,
    backOff,
    maxAttempts = Infinity,
    isRetryable = () => true,
    onFailure,
    wait = pause,
    random = Math.random
  }: RetryOptions = {}
): Promise<T | undefined> {
  for (let failures = 0; !signal?.aborted; ) {
    try {
      return await attempt(failures)
    } catch (err) {
      failures++
      if (failures >= maxAttempts || !isRetryable(err)) throw err
      const delayMs = withJitter(backOffMs(failures, backOff), random())
      onFailure?.(err, delayMs)
      await wait(delayMs, signal)
    }
  }
  return undefined
}
