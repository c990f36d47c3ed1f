import { monitorEventLoopDelay } from 'node:perf_hooks'

const LOOK_EVERY_MS = 500
const RESOLUTION_MS = 10

/** One long task, as at the start, is no pressure: two looks in a row have to find it. */
const LOOKS = 2

export interface Pressure {
  isHigh: () => boolean
  close: () => void
}

/**
 * Whether the event loop is late all the time: half of its turns by more than `maxDelayMs`, for a second.
 * Written here, since @fastify/under-pressure takes one block of the loop for pressure, and refuses for a second what
 * comes after it.
 */
export function watchPressure(maxDelayMs: number): Pressure {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let lateLooks = 0
  const timer = setInterval(() => {
    const isLate = delays.count === 0 || delays.percentile(50) / 1e6 - RESOLUTION_MS > maxDelayMs
    lateLooks = isLate ? lateLooks + 1 : 0
    delays.reset()
  }, LOOK_EVERY_MS).unref()
  return {
    isHigh: () => lateLooks >= LOOKS,
    close: () => {
      clearInterval(timer)
      delays.disable()
    }
  }
}
