import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { createKeyCheck } from './access/bearer.js'
import { type Account, type Accounts, createAccounts, loadAccounts, reloadAccounts } from './accounts.js'
import type { Config, Role } from './config.js'
import { prepareDataDir } from './data-dir.js'
import { openDatabase } from './db/open.js'
import { ConfigError } from './errors.js'
import type { EventLog, Subscription } from './event-log/port.js'
import { openFormerLog, openLog } from './event-log/open.js'
import { type HealthCheck, health } from './health.js'
import { createHttp } from './http.js'
import { listen } from './listen.js'
import { type Metrics, metricsRoute } from './metrics.js'
import { startProjection } from './project/start.js'
import { createTimeTravel } from './project/time-travel.js'
import { collectOpenApi } from './query/docs.js'
import { serveQuery } from './query/serve.js'
import { serveReceive } from './receive/serve.js'
import { loadSecrets, type Secrets } from './secrets.js'

export interface Service {
  /** `http://127.0.0.1:8080` */
  url: string
  secrets: Secrets
  accounts: () => readonly Account[]
  /** Reads ACCOUNTS_FILE again. A bad one is an alarm, and changes nothing. */
  reload: () => void
  /** Graceful and idempotent: readiness says no, webhooks are taken for so long, then all that was accepted is finished. */
  stop: (drainSeconds: number) => Promise<void>
  /** Resolves with why the service cannot go on, should that happen. */
  failed: Promise<Error>
}

export interface ServiceOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  now: () => Date
  /** Puts something before the log; for tests that build a mistake in. */
  wrapLog?: (log: EventLog) => EventLog
}

/** Builds what the asked-for roles need, in the order of the way of the data, and takes it down in the opposite order. */
export async function startService ({ config, logger, metrics, now, wrapLog = log => log }: ServiceOptions): Promise<Service> {
  const resources: (() => Promise<void>)[] = [] // how to close what is open, last first
  let closing: Promise<void> | null = null
  const close = () => closing ??= closeAll(resources.reverse())
  try {
    checkRoles(config)
    if (config.kafka === null || config.databaseUrl === null) prepareDataDir(config.dataDir)
    const secrets = loadSecrets(config)
    const load = () => loadAccounts(config, secrets.webhookTokens)
    const accounts = createAccounts(load(), config)
    const log = needsLog(config) ? wrapLog(await openLog(config, logger)) : null
    if (log) resources.push(() => log.close())
    const database = needsDatabase(config) ? await openDatabase(config, logger) : null
    if (database) resources.push(() => database.close())
    const projection = has(config, 'project') && log && database ? await startProjection({ log, pool: database.pool, group: config.groupId, now, settings: accounts, logger, metrics, formerLog: await openFormerLog(config, logger) }) : null
    if (projection) resources.push(() => projection.close())

    let draining = false
    const app = await buildHttp({ config, logger, now, secrets, accounts, metrics, log, pool: database?.pool ?? null, projection, draining: () => draining })
    resources.push(() => app.close())
    const url = await listen(app, config)
    return {
      url,
      secrets,
      accounts: accounts.all,
      reload: () => {
        for (const account of reloadAccounts(accounts, load, logger)) metrics.lastWebhook.remove({ account }) // its silence is no news any more
      },
      failed: database?.failed ?? new Promise(() => {}),
      stop: async drainSeconds => {
        draining = true
        if (drainSeconds > 0 && has(config, 'receive')) await new Promise(resolve => setTimeout(resolve, drainSeconds * 1000))
        await close()
      }
    }
  } catch (err) {
    await close()
    throw err
  }
}

/** One that cannot be closed does not keep the others open. */
async function closeAll (resources: readonly (() => Promise<void>)[]): Promise<void> {
  const problems: unknown[] = []
  for (const end of resources) await end().catch(err => problems.push(err))
  if (problems.length > 0) throw problems[0]
}

interface Parts {
  config: Config
  logger: Logger
  now: () => Date
  secrets: Secrets
  accounts: Accounts
  metrics: Metrics
  log: EventLog | null
  pool: pg.Pool | null
  projection: Subscription | null
  draining: () => boolean
}

async function buildHttp ({ config, logger, now, secrets, accounts, metrics, log, pool, projection, draining }: Parts): Promise<FastifyInstance> {
  const app = createHttp({ logger: httpLogger(logger), trustProxy: config.trustProxy })
  const admin = secrets.adminKey === null ? [] : [secrets.adminKey]
  const checks: Record<string, HealthCheck> = {}
  if (has(config, 'query')) await collectOpenApi(app)
  if (has(config, 'receive') && log) {
    const trouble = await serveReceive(app, { log, metrics, now, accounts: accounts.all })
    checks.receive = async () => log.trouble() ?? trouble()
  }
  if (projection) checks.project = async () => projection.trouble()
  if (has(config, 'query') && pool) {
    await serveQuery(app, { db: drizzle(pool), now, regionsOf: accounts.regionsOf, timeTravel: createTimeTravel(pool), authenticate: createKeyCheck(admin) })
    checks.query = () => canQuery(pool)
  }
  await app.register(health, { checks, draining })
  await app.register(metricsRoute, { metrics, authenticate: createKeyCheck([...admin, ...config.metricsKey === null ? [] : [config.metricsKey]]) })
  return app
}

/** Fastify tells at level info what `ready` says better. */
function httpLogger (logger: Logger): Logger {
  return logger.child({ stage: 'http' }, { level: logger.level === 'info' ? 'warn' : logger.level })
}

async function canQuery (pool: pg.Pool): Promise<string | null> {
  return pool.query('select 1').then(() => null, () => 'Postgres does not answer')
}

function checkRoles (config: Config): void {
  if (config.roles.length < 3 && (config.databaseUrl === null || config.kafka === null)) {
    throw new ConfigError('ROLES: a process that does not do everything needs DATABASE_URL and KAFKA_BROKERS, which the others share with it')
  }
}

const has = (config: Config, role: Role): boolean => config.roles.includes(role)
const needsLog = (config: Config): boolean => has(config, 'receive') || has(config, 'project')
const needsDatabase = (config: Config): boolean => has(config, 'project') || has(config, 'query')
