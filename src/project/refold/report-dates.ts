import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../../accounts/accounts.js'
import { type RedateOptions, redateAll } from '../redate-all.js'

export interface RedateStartOptions {
  pool: pg.Pool
  settings: AccountSettings & { watch?: (onChange: () => void) => () => void }
  logger: Logger
}

export interface Redate {
  close: () => Promise<void>
}

const PATIENCE_MS = 10_000

/** No transaction lives longer: what was folded by the old zone, and not committed when we looked, is there by then. */
const ONCE_MORE_MS = 120_000

/**
 * Moves what rows add to the daily reports to the days of the account's time zone, in the background: at the start, whenever a setting
 * has changed, and once more when all that was under way by the old one must have ended.
 */
export function startRedate ({ settings, ...options }: RedateStartOptions): Redate {
  const stop = new AbortController()
  let wanted = true
  let wake = () => {}
  let onceMore: NodeJS.Timeout | undefined
  const look = () => {
    wanted = true
    wake()
  }
  const unwatch = settings.watch?.(() => {
    look()
    clearTimeout(onceMore)
    onceMore = setTimeout(look, ONCE_MORE_MS).unref()
  })

  async function run (): Promise<void> {
    while (!stop.signal.aborted) {
      if (wanted) {
        wanted = false
        if (!await redateOnce({ settings, signal: stop.signal, ...options })) {
          wanted = true
          await sleep(PATIENCE_MS, undefined, { signal: stop.signal }).catch(() => {}) // closing ends it
        }
      } else {
        await new Promise<void>(resolve => { wake = resolve })
      }
    }
  }

  const running = run()
  return {
    close: async () => {
      unwatch?.()
      clearTimeout(onceMore)
      stop.abort()
      wake()
      await running
    }
  }
}

/** False: it has to be tried again. */
async function redateOnce ({ logger, ...options }: RedateOptions & { logger: Logger }): Promise<boolean> {
  try {
    const { entities, failures } = await redateAll(options)
    if (entities > 0) logger.info({ entities, failed: failures.length }, 'the reports are those of the days of the time zone')
    return true
  } catch (err) {
    logger.warn({ err }, 'moving reports to other days is interrupted, and tried again soon')
    return false
  }
}
