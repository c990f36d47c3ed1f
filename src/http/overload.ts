import { monitorEventLoopDelay } from 'node:perf_hooks'

const LOOK_EVERY_MS = 500
const RESOLUTION_MS = 10

/** A single long task, as at start, is not an overload. Two consecutive checks must find the loop late. */
const LOOKS = 2

export interface LoadMonitor {
  isHigh: () => boolean
  close: () => void
}

/**
 * Detects a permanently late event loop: for a second, half of its turns are late by more than `maxDelayMs`.
 * @fastify/under-pressure is not used, since it regards a single blocking task as an overload, and refuses all requests
 * of the next second.
 */
export function monitorLoad(maxDelayMs: number): LoadMonitor {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let lateLooks = 0
  const timer = setInterval(() => {
    const delayMs = delays.count === 0 ? LOOK_EVERY_MS : delays.percentile(50) / 1e6 - RESOLUTION_MS
    const isLate = delayMs > maxDelayMs
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
