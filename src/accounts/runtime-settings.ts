import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { BackgroundService } from '../lib/background-service.js'
import type { AccountSettings } from './accounts.js'
import { DEFAULT_SETTINGS, SETTING_NAMES, type SettingName, type Settings, settingsIn } from './setting-values.js'

/** What is known of accounts: what was set at run time, and the configuration where nothing was. */
export interface LiveSettings extends AccountSettings {
  of: (account: string) => Settings
  /** The names of those that were set at run time. */
  setOf: (account: string) => SettingName[]
  /** Asks Postgres again. */
  refresh: () => Promise<void>
  /** Calls it whenever something has changed, until what it gives back is called. */
  watch: (onChange: () => void) => () => void
  /** To be called when the configuration has changed. */
  tellWatchers: () => void
}

interface Row {
  account: string
  name: string
  value: unknown
}

/** @param configured  asked each time, since a reload may change it */
export function createLiveSettings(configured: AccountSettings, db: Pick<pg.Pool, 'query'>): LiveSettings {
  let known = ''
  let overrides = new Map<string, Partial<Settings>>()
  const watchers = new Set<() => void>()
  let asking = Promise.resolve()
  const timeZoneOf = (account: string) => overrides.get(account)?.timeZone ?? configured.timeZoneOf(account)

  async function ask(): Promise<void> {
    const { rows } = await db.query<Row>('select account, name, value from settings order by account, name')
    const told = JSON.stringify(rows)
    if (told === known) return
    known = told
    overrides = byAccount(rows)
    tellWatchers()
  }

  function tellWatchers(): void {
    for (const onChange of watchers) onChange()
  }

  return {
    timeZoneOf,
    regionOf: configured.regionOf,
    of: account => ({ ...DEFAULT_SETTINGS, timeZone: configured.timeZoneOf(account), ...overrides.get(account) }),
    setOf: account => SETTING_NAMES.filter(name => overrides.get(account)?.[name] !== undefined),
    tellWatchers,
    // one after the other: no older answer replaces a newer one
    refresh: () => (asking = asking.catch(() => {}).then(ask)),
    watch: onChange => {
      watchers.add(onChange)
      return () => {
        watchers.delete(onChange)
      }
    }
  }
}

/** As they are at this moment, for a command. */
export async function loadSettings(configured: AccountSettings, db: Pick<pg.Pool, 'query'>): Promise<LiveSettings> {
  const settings = createLiveSettings(configured, db)
  await settings.refresh()
  return settings
}

function byAccount(rows: readonly Row[]): Map<string, Partial<Settings>> {
  const accounts = [...new Set(rows.map(({ account }) => account))]
  return new Map(accounts.map(account => [account, settingsIn(rows.filter(row => row.account === account))]))
}

/**
 * One small table: cheaper than a connection of its own that listens, and it survives a pooler and a lost connection.
 */
const EVERY_MS = 2_000

/** Looks every two seconds whether another process has set something. */
export function pollSettings(
  settings: Pick<LiveSettings, 'refresh'>,
  logger: Logger,
  everyMs = EVERY_MS
): BackgroundService {
  const stop = new AbortController()
  let trouble: string | null = null
  const running = poll()

  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => {}) // closing ends it
      if (stop.signal.aborted) return
      const before = trouble
      trouble = await settings.refresh().then(
        () => null,
        () => 'the settings cannot be read'
      )
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
