import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Part } from '../lib/background-start.js'
import type { LiveSettings } from '../accounts/runtime-settings.js'

/** One small table: cheaper than a connection of its own that listens, and it survives a pooler and a lost connection. */
const EVERY_MS = 2_000

/** Looks every two seconds whether another process has set something. */
export function pollSettings (settings: Pick<LiveSettings, 'refresh'>, logger: Logger, everyMs = EVERY_MS): Part {
  const stop = new AbortController()
  let trouble: string | null = null
  const running = poll()

  async function poll (): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => {}) // closing ends it
      if (stop.signal.aborted) return
      const before = trouble
      trouble = await settings.refresh().then(() => null, () => 'the settings cannot be read')
      if (trouble !== null && before === null) logger.warn(`${trouble}: those that are known stay in force`)
    }
  }

  return {
    trouble: () => trouble,
    close: async () => {
      stop.abort()
      await running
    }
  }
}
