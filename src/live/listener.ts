import pg from 'pg'
import type { Logger } from 'pino'
import { CHANGES_CHANNEL } from '../db/changes.js'
import { backOffMs, pause } from '../lib/backoff.js'
import { withTimeout } from '../lib/timeout.js'

export interface ListenerOptions {
  pool: pg.Pool
  /** Why the database cannot be used yet, or null: there may not even be one, which is no lost connection. */
  trouble: () => string | null | Promise<string | null>
  logger: Logger
  /** Something was committed, or may have been while nothing was heard. */
  onWake: () => void
  /** False: nothing is heard until it is true again. */
  onUp: (isUp: boolean) => void
  checkEveryMs?: number
}

const CHECK_EVERY_MS = 30_000
const CHECK_MS = 10_000
const END_MS = 1_000
const UNTIL_READY = { first: 50, most: 1_000 }

/** Hears of changes on a connection of its own, none of the pool's, which it makes again whenever it is lost. */
export function createListener({
  pool,
  trouble,
  logger,
  onWake,
  onUp,
  checkEveryMs = CHECK_EVERY_MS
}: ListenerOptions): { close: () => Promise<void> } {
  const stop = new AbortController()

  /** Resolves when the connection is lost, or the listener is closed. */
  async function listen(client: pg.Client): Promise<void> {
    const over = new AbortController()
    client.on('error', () => over.abort()) // unheard, it would end the process
    client.on('end', () => over.abort())
    client.on('notification', onWake)
    await client.connect()
    await client.query(`listen ${CHANGES_CHANNEL}`)
    onUp(true)
    onWake()
    const ends = AbortSignal.any([over.signal, stop.signal])
    // A connection that was cut in silence looks alive until it is used.
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
      const client = new pg.Client({ ...pool.options, query_timeout: CHECK_MS })
      const begun = performance.now()
      const err = await listen(client).catch((err: Error) => err)
      onUp(false)
      // of a connection that was cut in silence nobody hears the end
      await withTimeout(END_MS, client.end()).catch(() => {})
      failures = performance.now() - begun > CHECK_MS ? 1 : failures + 1
      if (!stop.signal.aborted && failures === 1)
        logger.warn({ err }, 'changes are not heard of: the connection was lost, and is made again')
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
