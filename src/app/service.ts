import type { Logger } from 'pino'
import { type Account, createAccounts, loadAccounts, reloadAccounts } from '../accounts/accounts.js'
import { createLiveSettings } from '../accounts/runtime-settings.js'
import { type Config, ROLES, type Role } from '../config/config.js'
import { prepareDataDir } from '../config/data-dir.js'
import { loadSecrets, type Secrets } from '../config/secrets.js'
import { openDatabase } from '../db/open.js'
import { ConfigError } from '../errors.js'
import { openLog } from '../event-log/open-log.js'
import type { EventLog } from '../event-log/port.js'
import { listen } from '../http/server.js'
import type { Later } from '../lib/background-start.js'
import { type Clock, systemClock } from '../lib/clock.js'
import { within } from '../lib/timeout.js'
import type { Metrics } from '../observability/metrics.js'
import { createReconciling } from '../reconcile/start.js'
import { startParts } from './background.js'
import { buildHttp } from './routes.js'

/** How long the start waits for servers that do not answer: webhooks are taken meanwhile. */
const FIRST_TRY_MS = 10_000

export interface Service {
  /** `http://127.0.0.1:8080` */
  url: string
  secrets: Secrets
  accounts: () => readonly Account[]
  /** Why a part has not started yet, by its name. */
  waitsFor: () => Record<string, string>
  /** What waits for Kafka on this disk. Null: nothing can. */
  waiting: () => { records: number; bytes: number } | null
  /** Reads ACCOUNTS_FILE again. A bad one is an alarm, and changes nothing. */
  reload: () => void
  /**
   * Graceful and idempotent: readiness says no, webhooks are taken for so long, then all that was accepted is finished.
   */
  stop: (drainSeconds: number) => Promise<void>
  /** Resolves with why the service cannot go on, should that happen. */
  failed: Promise<Error>
}

export interface ServiceOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  /** A simulation's runs faster. */
  clock?: Clock
  /** Puts something before the log; for tests that build a mistake in. */
  wrapLog?: (log: EventLog) => EventLog
}

/**
 * Builds what the asked-for roles need, in the order of the way of the data, and takes it down in the opposite order.
 */
export async function startService({
  config,
  logger,
  metrics,
  clock = systemClock,
  wrapLog = log => log
}: ServiceOptions): Promise<Service> {
  const resources: (() => Promise<void>)[] = [] // how to close what is open, last first
  let closing: Promise<void> | null = null
  const close = () => (closing ??= closeAll(resources.reverse()))
  try {
    checkRoles(config)
    if (config.kafka === null || config.databaseUrl === null || has(config, 'receive')) prepareDataDir(config.dataDir)
    const secrets = loadSecrets(config)
    const load = () => loadAccounts(config, secrets.webhookTokens)
    const accounts = createAccounts(load(), config)
    const asked = needsLog(config) ? await openLog(config, logger) : null
    const opened = asked && { ...asked, log: wrapLog(asked.log) }
    if (opened) resources.push(() => opened.log.close())
    const database = needsDatabase(config) ? await openDatabase(config, logger) : null
    if (database) resources.push(() => database.close())
    const settings = database && createLiveSettings(accounts, database.pool)
    const reconciling =
      has(config, 'reconcile') && opened && database
        ? createReconciling({
            pool: database.pool,
            log: opened.log,
            accounts,
            dailyBudget: config.dailyBudget,
            clock,
            logger: logger.child({ stage: 'reconcile' })
          })
        : null
    const later = startParts({ config, logger, metrics, now: clock.now, opened, database, settings, reconciling })
    for (const part of Object.values(later)) resources.push(part.close)

    const stopping = new AbortController()
    const app = await buildHttp({
      config,
      logger,
      now: clock.now,
      secrets,
      accounts,
      metrics,
      opened,
      pool: database?.pool ?? null,
      settings,
      later,
      reconciling,
      stopping: stopping.signal
    })
    resources.push(() => app.close())
    const url = await listen(app, config)
    await within(FIRST_TRY_MS, Promise.all(Object.values(later).map(part => part.tried))).catch(() => {})
    return {
      url,
      waitsFor: () => reasonsOf(later),
      waiting: () => opened?.waiting?.() ?? null,
      secrets,
      accounts: accounts.all,
      reload: () => {
        // its silence is no news any more
        for (const account of reloadAccounts(accounts, load, logger)) metrics.lastWebhook.remove({ account })
        settings?.tellWatchers()
      },
      failed: database?.failed ?? new Promise(() => {}),
      stop: async drainSeconds => {
        stopping.abort()
        if (drainSeconds > 0 && has(config, 'receive'))
          await new Promise(resolve => setTimeout(resolve, drainSeconds * 1000))
        await close()
      }
    }
  } catch (err) {
    await close()
    throw err
  }
}

function reasonsOf(parts: Record<string, Later>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, { waitsFor }]) => {
      const why = waitsFor()
      return why === null ? [] : [[name, why]]
    })
  )
}

/** One that cannot be closed does not keep the others open. */
async function closeAll(resources: readonly (() => Promise<void>)[]): Promise<void> {
  const problems: unknown[] = []
  for (const end of resources) await end().catch(err => problems.push(err))
  if (problems.length > 0) throw problems[0]
}

function checkRoles(config: Config): void {
  if (config.roles.length < ROLES.length && (config.databaseUrl === null || config.kafka === null)) {
    throw new ConfigError(
      'ROLES: a process that does not do everything needs DATABASE_URL and KAFKA_BROKERS, which the others share with it'
    )
  }
}

const has = (config: Config, role: Role): boolean => config.roles.includes(role)
const needsLog = (config: Config): boolean =>
  has(config, 'receive') || has(config, 'project') || has(config, 'reconcile')
const needsDatabase = (config: Config): boolean =>
  has(config, 'project') || has(config, 'query') || has(config, 'reconcile')
