import type { Clock } from '../../src/lib/clock.js'

export interface ManualClock extends Clock {
  /** Moves the time, and resolves the waits that are due, in the order of their times. */
  advance: (ms: number) => void
  /** Returns the number of pending waits. */
  waiting: () => number
}

/** Creates a clock that stands still until the test advances it. */
export function manualClock(start: string): ManualClock {
  let now = Date.parse(start)
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => new Date(now),
    wait: (ms, signal) =>
      new Promise(resolve => {
        const end = () => resolve()
        signal?.addEventListener('abort', end, { once: true })
        sleepers.push({
          at: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', end)
            resolve()
          }
        })
        if (signal?.aborted) resolve()
      }),
    waiting: () => sleepers.length,
    advance: ms => {
      now += ms
      const due = sleepers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
      sleepers = sleepers.filter(({ at }) => at > now)
      for (const { wake } of due) wake()
    }
  }
}
