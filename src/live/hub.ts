import type pg from 'pg'
import type { Logger } from 'pino'
import { changesAfter, newestChange } from '../db/changes.js'
import { pause } from '../lib/backoff.js'
import { createGate } from '../lib/semaphore.js'
import { throttle } from '../lib/throttle.js'
import type { LiveClient } from './client.js'
import { createTelling, PAGE } from './deliver.js'
import type { LiveReaders } from './readers.js'

export interface HubOptions {
  pool: pg.Pool
  readers: LiveReaders
  logger: Logger
}

/** Reads each change once for all clients of this process, and sends them what they may see of it. */
export interface Hub {
  /** There may be changes: they are read at once, or, under load, with those that come meanwhile. */
  wake: () => void
  /** The number from which a new client is told all that follows. */
  newest: () => Promise<number>
  /** From now on it is told what follows the number that it has. */
  join: (client: LiveClient) => Promise<void>
  leave: (client: LiveClient) => void
  /** The number up to which this client was told all; null: it has not joined yet. */
  toldUpTo: (client: LiveClient) => number | null
}

const RESUMING_AT_ONCE = 4
const WARN_EVERY_MS = 60_000

export function createHub({ pool, readers, logger }: HubOptions): Hub {
  const clients = new Set<LiveClient>()
  const telling = createTelling({ pool, readers })
  const resuming = createGate(RESUMING_AT_ONCE)
  const turns = createGate(1) // while a client joins, nothing is read for the others
  const warn = throttle(WARN_EVERY_MS, () => logger.warn('changes could not be read, and are tried again soon'))
  const work = createWork(async () => clients.size > 0 && turns.run(pull), warn)
  let last = 0

  /** True: there is more. */
  async function pull(): Promise<boolean> {
    const changes = await changesAfter(pool, last, PAGE)
    if (changes?.length === 0) return false
    // the database is an older one now, or nothing was read for an hour
    if (!changes) for (const client of clients) client.requireReset()
    const to = changes?.at(-1)?.number ?? (await newestChange(pool))
    await telling.tellAll(clients, changes ?? [], to)
    last = to
    return changes?.length === PAGE
  }

  return {
    wake: work.wake,
    newest: async () => (clients.size > 0 ? last : newestChange(pool)),
    join: async client => {
      await resuming.run(() => telling.catchUp(client)) // beside the others, who need not wait for it
      await turns.run(async () => {
        if (clients.size === 0) last = client.cursor()
        while (client.cursor() < last && (await telling.tellNext(client))); // what came meanwhile
        if (!client.isOver()) clients.add(client)
      })
      work.wake() // before it was there, nobody may have been
    },
    leave: client => {
      clients.delete(client)
      telling.forgetScopesBut(clients)
    },
    toldUpTo: client => (clients.has(client) ? last : null)
  }
}

const RETRY_MS = 1_000

/**
 * Does work whenever it is woken, never twice at once, and again while it says that there is more. Then it rests as
 * long as it has
 * worked, which leaves time to others, and all that wakes it meanwhile is one more time. What fails is tried again.
 */
export function createWork(work: () => Promise<boolean>, onFailure: () => void): { wake: () => void } {
  let isWanted = false
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (isWanted) {
      isWanted = false
      const begun = performance.now()
      try {
        if (await work()) {
          isWanted = true
          continue
        }
      } catch {
        onFailure()
        setTimeout(wake, RETRY_MS).unref()
      }
      await pause(performance.now() - begun)
    }
    isRunning = false
  }

  function wake(): void {
    isWanted = true
    if (!isRunning) void run()
  }

  return { wake }
}
