import type pg from 'pg'
import type { Logger } from 'pino'
import { changesAfter, newestChange } from '../db/changes.js'
import { pause } from '../lib/backoff.js'
import { createSemaphore } from '../lib/semaphore.js'
import { throttle } from '../lib/throttle.js'
import type { LiveClient } from './client.js'
import { createDelivery, PAGE } from './deliver.js'
import type { LiveReaders } from './readers.js'

export interface HubOptions {
  pool: pg.Pool
  readers: LiveReaders
  logger: Logger
}

/** Reads each change once for all clients of this process, and sends each client what it may see. */
export interface Hub {
  /** Reads new changes, if there are any: at once, or under load together with those that come meanwhile. */
  wake: () => void
  /** The number of the newest change; a new client is sent what comes after it. */
  newest: () => Promise<number>
  /** Sends the client what it has missed, and from then on every change. */
  join: (client: LiveClient) => Promise<void>
  leave: (client: LiveClient) => void
  /** The newest change that was delivered to this client, or null when it has not joined yet. */
  deliveredUpTo: (client: LiveClient) => number | null
}

const MAX_CATCH_UPS = 4
const WARN_EVERY_MS = 60_000

export function createHub({ pool, readers, logger }: HubOptions): Hub {
  const clients = new Set<LiveClient>()
  const delivery = createDelivery({ pool, readers })
  const catchUps = createSemaphore(MAX_CATCH_UPS)
  const turns = createSemaphore(1) // while a client joins, nothing is read for the others
  const warn = throttle(WARN_EVERY_MS, () => logger.warn('cannot read changes, retrying'))
  const reader = runWhenWoken(async () => clients.size > 0 && turns.run(deliverNewChanges), warn)
  let last = 0

  /** Resolves with true when there are more changes. */
  async function deliverNewChanges(): Promise<boolean> {
    const changes = await changesAfter(pool, last, PAGE)
    if (changes?.length === 0) return false
    // the database was replaced by an older one, or nothing was read for longer than changes are kept
    if (!changes) for (const client of clients) client.requireReset()
    const to = changes?.at(-1)?.number ?? (await newestChange(pool))
    await delivery.deliverPage(clients, changes ?? [], to)
    last = to
    return changes?.length === PAGE
  }

  return {
    wake: reader.wake,
    newest: async () => (clients.size > 0 ? last : newestChange(pool)),
    join: async client => {
      await catchUps.run(() => delivery.catchUp(client)) // without blocking the other clients
      await turns.run(async () => {
        if (clients.size === 0) last = client.cursor()
        while (client.cursor() < last && (await delivery.deliverNextPage(client))); // what was committed meanwhile
        if (!client.hasEnded()) clients.add(client)
      })
      reader.wake() // a notification that came while there was no client was ignored
    },
    leave: client => {
      clients.delete(client)
      delivery.retainScopesOf(clients)
    },
    deliveredUpTo: client => (clients.has(client) ? last : null)
  }
}

const RETRY_MS = 1_000

/**
 * Runs the work when it is woken, never concurrently, and again while it resolves with true. Afterwards it pauses for
 * as long as the work took, which leaves time to the rest of the process; wake-ups during the pause cause a single run.
 * Failed work is retried.
 */
function runWhenWoken(work: () => Promise<boolean>, onFailure: () => void): { wake: () => void } {
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
