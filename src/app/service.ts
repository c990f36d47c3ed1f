import type pg from 'pg'
import type { Logger } from 'pino'
import { type Account, createAccounts, loadAccounts, reloadAccounts } from '../accounts/accounts.js'
import { createRuntimeSettings } from '../accounts/runtime-settings.js'
import { type Config, ROLES, type Role } from '../config/config.js'
import { createDataDir } from '../config/data-dir.js'
import { loadSecrets, type Secrets } from '../config/secrets.js'
import { createPool, type Database, type DatabaseOptions, openDatabase } from '../db/open.js'
import { ConfigError } from '../errors.js'
import { type OpenedLog, openLog } from '../event-log/open-log.js'
import type { EventLog } from '../event-log/port.js'
import { listen } from '../http/server.js'
import { pause } from '../lib/backoff.js'
import { type Clock, systemClock } from '../lib/clock.js'
import { HOUR_MS } from '../lib/instant.js'
import type { StopReason } from '../live/streams.js'
import { journalOf } from '../observability/alarm-journal.js'
import { raiseAlarm, resolveAlarm } from '../observability/alarms.js'
import type { Metrics } from '../observability/metrics.js'
import { createReconciliation, type ReconciliationOptions } from '../reconcile/start.js'
import { startBackgroundServices } from './background.js'
import type { RetriedStart } from './background-start.js'
import { createProcessRecord, processNameOf } from './process-record.js'
import { buildHttp } from './routes.js'

/** How long a start waits for servers that do not answer. Webhooks are already received meanwhile. */
const FIRST_ATTEMPT_MS = 10_000

export interface Service {
  /** `http://127.0.0.1:8080` */
  url: string
  secrets: Secrets
  accounts: () => readonly Account[]
  /** Why background services have not started yet, by name; empty when all have. */
  startProblems: () => Record<string, string>
  /** What is spooled on this disk for Kafka, or null when this process has no spool. */
  spooled: () => { records: number; bytes: number } | null
  /** Reads ACCOUNTS_FILE again. An invalid file raises an alarm and changes nothing. */
  reload: () => void
  /**
   * Stops gracefully; idempotent. Readiness fails at once, webhooks are received for `drainSeconds` more, then
   * everything that was accepted is finished.
   */
  stop: (drainSeconds: number) => Promise<void>
}

export interface ServiceOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  /** Ends the wait for servers that do not answer yet: the start is complete as soon as requests are accepted. */
  hurry?: AbortSignal
  /** A simulation passes a faster clock. */
  clock?: Clock
  /** Wraps the event log; tests inject faults with it. */
  wrapLog?: (log: EventLog) => EventLog
  /** Of requests to MightyCall; tests pass a shorter time-out. */
  restLimits?: ReconciliationOptions['restLimits']
}

/** Builds what the configured roles need, in the order of the data flow, and closes it in the reverse order. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const closers: (() => Promise<void>)[] = []
  let closing: Promise<void> | null = null
  const close = () => (closing ??= closeAll(closers.reverse()))
  try {
    return await build(options, closers, close)
  } catch (err) {
    await close()
    throw err
  }
}

async function build(
  { config, logger, metrics, hurry, clock = systemClock, wrapLog = log => log, restLimits }: ServiceOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>
): Promise<Service> {
  checkRoles(config)
  if (config.kafka === null || config.databaseUrl === null || has(config, 'receive')) createDataDir(config.dataDir)
  const secrets = loadSecrets(config)
  const load = () => loadAccounts(config, secrets.webhookTokens)
  const accounts = createAccounts(load(), config)
  const unwrapped = needsLog(config) ? await openLog(config, logger) : null
  const opened = unwrapped && { ...unwrapped, log: wrapLog(unwrapped.log) }
  if (opened) closers.push(() => opened.log.close())
  const database = needsDatabase(config) ? await openDatabase(config, { logger, ...alarmOfDatabase(logger) }) : null
  const { pool, close: closePool } = poolOf(database, config, logger)
  const record = createProcessRecord({
    pool,
    journal: journalOf(logger),
    roles: config.roles,
    spool: () => opened?.backlog?.() ?? null,
    now: clock.now
  })
  // Closed after the log, from the last to the first: the process also records what it leaves in the spool.
  closers.unshift(closePool, record.close, async () => reportSpoolLeft(opened, config, logger))
  const settings = database && createRuntimeSettings(accounts, database.pool)
  const reconciling =
    has(config, 'reconcile') && opened && database
      ? createReconciliation({
          pool: database.pool,
          log: opened.log,
          accounts,
          dailyBudget: config.dailyBudget,
          longestCallMs: config.longestCallHours * HOUR_MS,
          clock,
          logger: logger.child({ stage: 'reconcile' }),
          restLimits,
          metrics
        })
      : null
  const shared = { config, logger, metrics, now: clock.now, opened, settings, reconciling }
  const background = startBackgroundServices({ ...shared, database })
  for (const service of Object.values(background)) closers.push(service.close)

  const stopping = new AbortController()
  const app = await buildHttp({
    ...shared,
    secrets,
    accounts,
    database,
    background,
    saveProcess: record.save,
    alarmsOfProcess: record.alarms,
    stopping: stopping.signal
  })
  closers.push(() => app.close())
  if (reconciling) closers.push(reconciling.sync.close) // before the server, which waits for its requests
  const url = await listen(app, config)
  logger.info({ url }, 'listening')
  record.start(processNameOf(url))
  const firstAttempts = Promise.all(Object.values(background).map(service => service.firstAttempt))
  const wait = new AbortController()
  await Promise.race([
    firstAttempts,
    pause(FIRST_ATTEMPT_MS, hurry ? AbortSignal.any([hurry, wait.signal]) : wait.signal)
  ])
  wait.abort()
  return {
    url,
    startProblems: () => startProblemsOf(background),
    spooled: () => opened?.backlog?.() ?? null,
    secrets,
    accounts: accounts.all,
    reload: () => {
      // the gauge of a removed account would age for ever
      for (const account of reloadAccounts(accounts, load, logger)) metrics.lastWebhook.remove({ account })
      settings?.notifyWatchers()
    },
    stop: async drainSeconds => {
      const drainMs = has(config, 'receive') ? drainSeconds * 1000 : 0
      stopping.abort({ drainMs } satisfies StopReason)
      if (drainMs > 0) await new Promise(resolve => setTimeout(resolve, drainMs))
      await close()
    }
  }
}

/** The alarm of the embedded Postgres. */
function alarmOfDatabase(logger: Logger): Pick<DatabaseOptions, 'onDown' | 'onUp'> {
  return {
    onDown: problem =>
      raiseAlarm(
        logger,
        { alarm: 'embedded-postgres', problem },
        'the embedded Postgres does not run: webhooks are received, and it is started again'
      ),
    onUp: () => {
      resolveAlarm(logger, { alarm: 'embedded-postgres' })
    }
  }
}

/** Returns the pool of the database, or a small one for a process that only saves its own state. */
function poolOf(
  database: Database | null,
  { databaseUrl }: Config,
  logger: Logger
): { pool: pg.Pool; close: () => Promise<void> } {
  if (database) return database
  if (databaseUrl === null) throw new TypeError('a process without a database needs DATABASE_URL') // see checkRoles
  const pool = createPool({ connectionString: databaseUrl }, 1, logger)
  return { pool, close: () => pool.end() }
}

/** Records left in the spool are not lost, but an operator has to have them sent. */
function reportSpoolLeft(opened: OpenedLog | null, { dataDir }: Config, logger: Logger): void {
  const records = opened?.backlog?.().records ?? 0
  if (records > 0)
    raiseAlarm(
      logger,
      { alarm: 'spool-left', records, dataDir },
      'the spool holds records for Kafka: start this process again, or run "mightycall-stream drain"'
    )
}

function startProblemsOf(services: Record<string, RetriedStart>): Record<string, string> {
  const problems = Object.entries(services).map(([name, service]) => [name, service.startProblem()] as const)
  return Object.fromEntries(problems.flatMap(([name, problem]) => (problem === null ? [] : [[name, problem]])))
}

/** Closes all of them even when one fails, then throws the first failure. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch(err => failures.push(err))
  if (failures.length > 0) throw failures[0]
}

function checkRoles(config: Config): void {
  if (config.roles.length < ROLES.length && (config.databaseUrl === null || config.kafka === null)) {
    throw new ConfigError(
      'ROLES: a process with only some of the roles needs DATABASE_URL and KAFKA_BROKERS, which all processes share'
    )
  }
}

const has = (config: Config, role: Role): boolean => config.roles.includes(role)
const needsLog = (config: Config): boolean =>
  has(config, 'receive') || has(config, 'project') || has(config, 'reconcile')
const needsDatabase = (config: Config): boolean =>
  has(config, 'project') || has(config, 'query') || has(config, 'reconcile')
