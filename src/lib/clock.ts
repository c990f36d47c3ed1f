import { pause } from './backoff.js'

/** The current time, and a way to wait. The service may run on the clock of a simulation, which is faster. */
export interface Clock {
  now: () => Date
  /** Waits for so many milliseconds of this clock, and never throws. The wait ends when the signal aborts. */
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = { now: () => new Date(), wait: pause }

/** Returns a clock that starts at `startAt` when this is called, and runs `rate` times as fast as the system clock. */
export function fasterClock({ startAt, rate }: { startAt: Date; rate: number }): Clock {
  const begun = performance.now()
  return {
    now: () => new Date(startAt.getTime() + (performance.now() - begun) * rate),
    wait: (ms, signal) => pause(ms / rate, signal)
  }
}
