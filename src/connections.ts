import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { atMostEvery } from './lib/throttle.js'

/** An idle one takes about 12 KiB: 100 MiB in all. MightyCall needs a handful. */
const MAX_CONNECTIONS = 8192

/** How many the kernel keeps for us while we are busy; what is beyond tries again after a second. 511 otherwise. */
export const BACKLOG = 4096
const WARN_EVERY_MS = 60_000

/**
 * Caps open connections; more are closed at once, and said so in the log. Below the limit on open files half of them stay free:
 * without one, the event log could not begin its next segment.
 */
export function limitConnections (server: Server, log: FastifyBaseLogger, cap = MAX_CONNECTIONS): void {
  server.maxConnections = Math.min(cap, Math.floor(openFilesLimit() / 2))
  const warn = atMostEvery(WARN_EVERY_MS, () => log.error({ alarm: 'connections', maxConnections: server.maxConnections }, 'too many open connections: new ones are closed unheard'))
  server.on('drop', warn)
}

/** How many files this process may have open; Node raises it to the hard limit. Infinity where it cannot be read. */
export function openFilesLimit (): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY // not Linux
  }
}
