import { pause } from './backoff.js'

/** What time it is, and how to wait: the service may run on a simulation's clock, which is faster. */
export interface Clock {
  now: () => Date
  /** Milliseconds of this clock. Ends early when the signal does, and never throws. */
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = { now: () => new Date(), wait: pause }

/** One that begins at `startAt` and runs `rate` times as fast as the true one, from now on. */
export function fasterClock({ startAt, rate }: { startAt: Date; rate: number }): Clock {
  const begun = performance.now()
  return {
    now: () => new Date(startAt.getTime() + (performance.now() - begun) * rate),
    wait: (ms, signal) => pause(ms / rate, signal)
  }
}
