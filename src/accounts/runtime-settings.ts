import type pg from 'pg'
import type { Logger } from 'pino'
import type { BackgroundService } from '../lib/background-service.js'
import { pause } from '../lib/backoff.js'
import type { AccountSettings } from './accounts.js'
import { DEFAULT_SETTINGS, SETTING_NAMES, type SettingName, type Settings, settingsIn } from './setting-values.js'

/** The settings of accounts: the values that were set at run time, otherwise those of the configuration. */
export interface RuntimeSettings extends AccountSettings {
  settingsOf: (account: string) => Settings
  /** Returns the names of the settings that were set at run time. */
  overriddenOf: (account: string) => SettingName[]
  /** Reads the settings from Postgres again. */
  refresh: () => Promise<void>
  /** Calls `onChange` after each change, until the returned function is called. */
  watch: (onChange: () => void) => () => void
  /** Call this when the configuration has changed. */
  notifyWatchers: () => void
}

interface Row {
  account: string
  name: string
  value: unknown
}

/** The settings that the configuration determines. The others have a default. */
export type ConfiguredSettings = Pick<AccountSettings, 'timeZoneOf' | 'regionOf'>

/** @param configured  the configured settings, which are looked up each time, since a reload may change them */
export function createRuntimeSettings(configured: ConfiguredSettings, db: Pick<pg.Pool, 'query'>): RuntimeSettings {
  let lastRows = ''
  let overrides = new Map<string, Partial<Settings>>()
  const watchers = new Set<() => void>()
  let refreshing = Promise.resolve()
  const timeZoneOf = (account: string) => overrides.get(account)?.timeZone ?? configured.timeZoneOf(account)

  async function loadOverrides(): Promise<void> {
    const { rows } = await db.query<Row>('select account, name, value from settings order by account, name')
    const rowsNow = JSON.stringify(rows)
    if (rowsNow === lastRows) return
    lastRows = rowsNow
    overrides = byAccount(rows)
    notifyWatchers()
  }

  function notifyWatchers(): void {
    for (const onChange of watchers) onChange()
  }

  return {
    timeZoneOf,
    regionOf: configured.regionOf,
    droppedUnderSecondsOf: account =>
      overrides.get(account)?.droppedUnderSeconds ?? DEFAULT_SETTINGS.droppedUnderSeconds,
    settingsOf: account => ({
      ...DEFAULT_SETTINGS,
      timeZone: configured.timeZoneOf(account),
      ...overrides.get(account)
    }),
    overriddenOf: account => SETTING_NAMES.filter(name => overrides.get(account)?.[name] !== undefined),
    notifyWatchers,
    // one after the other, so that an older result never replaces a newer one
    refresh: () => (refreshing = refreshing.catch(() => {}).then(loadOverrides)),
    watch: onChange => {
      watchers.add(onChange)
      return () => {
        watchers.delete(onChange)
      }
    }
  }
}

/** Loads the current settings once, for a command. */
export async function loadSettings(
  configured: ConfiguredSettings,
  db: Pick<pg.Pool, 'query'>
): Promise<RuntimeSettings> {
  const settings = createRuntimeSettings(configured, db)
  await settings.refresh()
  return settings
}

function byAccount(rows: readonly Row[]): Map<string, Partial<Settings>> {
  const accounts = [...new Set(rows.map(({ account }) => account))]
  return new Map(accounts.map(account => [account, settingsIn(rows.filter(row => row.account === account))]))
}

/** Polling one small table takes no additional connection, unlike LISTEN, and works with a connection pooler. */
const EVERY_MS = 2_000

/** Reads the settings every two seconds, since another process may have changed them. */
export function pollSettings(
  settings: Pick<RuntimeSettings, 'refresh'>,
  logger: Logger,
  everyMs = EVERY_MS
): BackgroundService {
  const stop = new AbortController()
  let trouble: string | null = null
  const running = poll()

  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(everyMs, stop.signal)
      if (stop.signal.aborted) return
      const before = trouble
      trouble = await settings.refresh().then(
        () => null,
        () => 'the settings cannot be read'
      )
      if (trouble !== null && before === null) logger.warn(`${trouble}: the last known settings stay in effect`)
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
