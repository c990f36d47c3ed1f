import pg from 'pg'
import type { Logger } from 'pino'
import { CHANGES_CHANNEL } from '../db/changes.js'
import { backOffMs, pause } from '../lib/backoff.js'
import { withTimeout } from '../lib/timeout.js'

export interface ListenerOptions {
  pool: pg.Pool
  /** Why the database cannot be used yet, or null: while the service starts there may be none. */
  trouble: () => string | null | Promise<string | null>
  logger: Logger
  /** Something was committed, or may have been while there was no connection. */
  onWake: () => void
  /** Whether notifications are received. */
  onConnectionChange: (isUp: boolean) => void
  checkEveryMs?: number
}

const CHECK_EVERY_MS = 30_000
const CHECK_MS = 10_000
const END_MS = 1_000
const UNTIL_READY = { first: 50, most: 1_000 }

/** Listens for changes on a connection of its own, outside the pool, and reconnects when it is lost. */
export function createListener({
  pool,
  trouble,
  logger,
  onWake,
  onConnectionChange,
  checkEveryMs = CHECK_EVERY_MS
}: ListenerOptions): { close: () => Promise<void> } {
  const stop = new AbortController()

  /** Resolves when the connection is lost, or the listener is closed. */
  async function listen(client: pg.Client): Promise<void> {
    const over = new AbortController()
    client.on('error', () => over.abort()) // an unhandled 'error' event would crash the process
    client.on('end', () => over.abort())
    client.on('notification', onWake)
    await client.connect()
    await client.query(`listen ${CHANGES_CHANNEL}`)
    onConnectionChange(true)
    onWake()
    const ends = AbortSignal.any([over.signal, stop.signal])
    // a connection that was cut silently looks alive until it is used
    for (let isAlive = true; isAlive && !ends.aborted; ) {
      await pause(checkEveryMs, ends)
      if (!ends.aborted)
        isAlive = await client.query('select').then(
          () => true,
          () => false
        )
    }
  }

  async function run(): Promise<void> {
    for (let tries = 1; (await trouble()) !== null && !stop.signal.aborted; tries++)
      await pause(backOffMs(tries, UNTIL_READY), stop.signal)
    for (let failures = 0; !stop.signal.aborted; ) {
      const { password } = pool.options // not enumerable
      const client = new pg.Client({ ...pool.options, ...(password && { password }), query_timeout: CHECK_MS })
      const begun = performance.now()
      const err = await listen(client).catch((err: Error) => err)
      onConnectionChange(false)
      await withTimeout(END_MS, client.end()).catch(() => {}) // a silently cut one never ends
      failures = performance.now() - begun > CHECK_MS ? 1 : failures + 1
      if (!stop.signal.aborted && failures === 1) logger.warn({ err }, 'LISTEN connection lost, reconnecting')
      await pause(backOffMs(failures), stop.signal)
    }
  }

  const running = run()
  return {
    close: async () => {
      stop.abort()
      await running
    }
  }
}
