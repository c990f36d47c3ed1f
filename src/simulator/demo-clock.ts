import { pause } from '../lib/backoff.js'
import type { Clock } from '../lib/clock.js'

export interface DemoClock extends Clock {
  /** From now on it runs `rate` times as fast as the system clock. */
  setRate: (rate: number) => void
}

/** Returns a clock that starts at `startAt` when this is called, at first as fast as the system clock. */
export function createDemoClock(startAt: Date): DemoClock {
  let rate = 1
  let last = { at: startAt.getTime(), measuredAt: performance.now() }
  let rateChanged = new AbortController()
  const now = () => last.at + (performance.now() - last.measuredAt) * rate

  return {
    now: () => new Date(now()),
    wait: async (ms, signal) => {
      const end = now() + ms
      for (let left = ms; left > 0 && !signal?.aborted; left = end - now())
        await pause(left / rate, AbortSignal.any(signal ? [signal, rateChanged.signal] : [rateChanged.signal]))
    },
    setRate: next => {
      last = { at: now(), measuredAt: performance.now() }
      rate = next
      rateChanged.abort()
      rateChanged = new AbortController()
    }
  }
}
