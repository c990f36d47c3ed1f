import type { Clock } from '../../../src/lib/clock.js'

export interface HandClock extends Clock {
  /** Wakes those whose time has come, in the order of their times. */
  advance: (ms: number) => void
  /** How many wait. */
  waiting: () => number
}

/** A clock that a test moves by hand. */
export function handClock(start: string): HandClock {
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
