import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { createAccess } from '../access/access.js'
import { createKeyCheck } from '../access/bearer.js'
import { type Accounts, isReadable } from '../accounts/accounts.js'
import { createChangeSettings } from '../accounts/change-settings.js'
import type { RuntimeSettings } from '../accounts/runtime-settings.js'
import { type QueryOptions, serveQuery } from '../api/api.js'
import { collectOpenApi } from '../api/openapi.js'
import type { Config } from '../config/config.js'
import type { Secrets } from '../config/secrets.js'
import type { Database } from '../db/open.js'
import type { OpenedLog } from '../event-log/open-log.js'
import { type HealthCheck, health, readinessOf } from '../http/health.js'
import { createHttp } from '../http/server.js'
import { HOUR_MS } from '../lib/instant.js'
import live from '../live/route.js'
import { buildLiveStreams } from '../live/streams.js'
import { createQuotaUsage, type LoadQuotaUsage } from '../mightycall/rest/quota/usage.js'
import { createRequestObserver, type Metrics, metricsRoute } from '../observability/metrics.js'
import { createRepairs } from '../project/admin.js'
import { lagOf } from '../project/lag.js'
import { createTimeTravel } from '../project/time-travel.js'
import { serveReceive } from '../receive/start.js'
import { createBackfills } from '../reconcile/backfill/backfills.js'
import { createCompleteness } from '../reconcile/gaps/completeness.js'
import type { Reconciliation } from '../reconcile/start.js'
import type { RetriedStart } from './background-start.js'
import { refreshGapGauge, refreshLagGauge, refreshPoolGauges, refreshQuotaGauge } from './gauges.js'
import { createLiveReaders } from './live-readers.js'
import { createSystemState, type SystemStateOptions } from './system-state.js'

export interface HttpOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  now: () => Date
  secrets: Secrets
  accounts: Accounts
  opened: OpenedLog | null
  database: Database | null
  /** `null` without a database. */
  settings: RuntimeSettings | null
  background: Record<string, RetriedStart>
  /** `null` when this process does not have the role `reconcile`. */
  reconciling: Reconciliation | null
  /** Saves the state of this process in the database. */
  saveProcess: () => Promise<void>
  alarmsOfProcess: SystemStateOptions['alarmsOfProcess']
  /** Aborted when the service begins to stop. Its reason is a `StopReason`. */
  stopping: AbortSignal
}

/** The delay of the event loop above which requests to the API are refused: an answer needs several of its turns. */
const MAX_DELAY_MS = 500

/** Builds the HTTP server with the routes of the configured roles. */
export async function buildHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { config, logger, now, secrets, accounts, metrics, opened, database, settings, background, stopping } = options
  const pool = database?.pool ?? null
  const withDatabase =
    (trouble: () => string | null | Promise<string | null>): HealthCheck =>
    async () =>
      database?.trouble() ?? trouble()
  const app = createHttp({
    logger: httpLogger(logger),
    trustProxy: config.trustProxy,
    keepAliveMs: config.keepAliveSeconds * 1000,
    onResponse: createRequestObserver(metrics)
  })
  const admin = secrets.adminKey === null ? [] : [secrets.adminKey]
  const checks: Record<string, HealthCheck> = {}
  const draining = () => stopping.aborted
  const quotaUsage = pool && createQuotaUsage({ pool, accounts, budget: config.dailyBudget, now })
  const lag = pool && opened && (() => lagOf({ pool, log: opened.log, group: config.groupId }))
  if (config.roles.includes('query')) await collectOpenApi(app)
  const receiving =
    config.roles.includes('receive') && opened
      ? await serveReceive(app, { log: opened.log, metrics, now, accounts: accounts.all })
      : null
  if (receiving && opened) checks.receive = async () => opened.log.trouble() ?? receiving.trouble()
  if (background.project) checks.project = withDatabase(background.project.trouble)
  if (background.reconcile) checks.reconcile = withDatabase(background.reconcile.trouble)
  if (config.roles.includes('query') && pool && settings && quotaUsage) {
    const schema = () => background.database?.trouble() ?? null
    const access = createAccess({
      pool,
      adminKey: secrets.adminKey,
      now,
      publicUrl: config.publicUrl,
      trouble: async () => schema(),
      accountIds: () => accounts.all().map(({ id }) => id)
    })
    const streams = buildLiveStreams({
      pool,
      readers: createLiveReaders(drizzle(pool), now),
      trouble: schema,
      now,
      health: () => readinessOf(Object.keys(checks), { checks, draining }),
      logger,
      metrics,
      stopping
    })
    checks.query = withDatabase(async () => (await schema()) ?? (await canQuery(pool)))
    await serveQuery(
      app,
      apiOptions(options, {
        pool,
        settings,
        quotaUsage,
        checks,
        lag,
        tokenUses: receiving?.tokenUses ?? null,
        access,
        limits: { requestsPerMinute: config.apiRateLimit, maxEventLoopDelayMs: MAX_DELAY_MS },
        corsOrigins: config.corsOrigins,
        addRoutes: async (api, authenticate) => {
          await api.register(live, { live: streams, authenticate })
        }
      })
    )
  }
  await app.register(health, { checks, draining })
  const refresh = async () => {
    updateSpoolGauges(metrics, opened)
    if (pool) refreshPoolGauges(metrics, pool)
    await Promise.all([
      quotaUsage && refreshQuotaGauge(metrics, quotaUsage),
      pool &&
        refreshGapGauge(
          metrics,
          pool,
          accounts.all().map(({ id }) => id)
        ),
      lag && config.roles.includes('project') && refreshLagGauge(metrics, lag)
    ])
  }
  await app.register(metricsRoute, {
    metrics,
    refresh,
    authenticate: createKeyCheck([...admin, ...(config.metricsKey === null ? [] : [config.metricsKey])])
  })
  return app
}

function updateSpoolGauges(metrics: Metrics, opened: OpenedLog | null): void {
  const { bytes, records, setAside } = opened?.backlog?.() ?? { bytes: 0, records: 0, setAside: 0 }
  metrics.spoolBytes.set(bytes)
  metrics.spoolRecords.set(records)
  metrics.setAside.set(setAside)
}

/** At level info, Fastify only logs what the line `ready` says already. */
function httpLogger(logger: Logger): Logger {
  return logger.child({ stage: 'http' }, { level: logger.level === 'info' ? 'warn' : logger.level })
}

async function canQuery(pool: pg.Pool): Promise<string | null> {
  return pool.query('select 1').then(
    () => null,
    () => 'Postgres does not answer'
  )
}

interface QueryDependencies
  extends Pick<SystemStateOptions, 'pool' | 'checks' | 'lag' | 'tokenUses'>,
    Pick<QueryOptions, 'access' | 'addRoutes' | 'limits' | 'corsOrigins' | 'settings'> {
  pool: pg.Pool
  quotaUsage: LoadQuotaUsage
}

/** Collects what the routes of the API need from the other stages. */
function apiOptions(
  { config, now, accounts, opened, reconciling, saveProcess, alarmsOfProcess }: HttpOptions,
  { pool, settings, quotaUsage, checks, lag, tokenUses, ...rest }: QueryDependencies
): QueryOptions {
  const accountIds = () => accounts.all().map(({ id }) => id)
  const zonesOf = (ids: readonly string[] = accountIds()) => [...new Set(ids.map(settings.timeZoneOf))]
  return {
    db: drizzle(pool),
    now,
    regionsOf: accounts.regionsOf,
    zonesOf,
    accountIds,
    settings,
    changeSettings: createChangeSettings(pool, now),
    timeTravel: createTimeTravel(pool),
    repairs: createRepairs({ pool, settings, now, group: config.groupId }),
    quotaUsage,
    completenessOf: createCompleteness({ pool, accounts, longestCallMs: config.longestCallHours * HOUR_MS }),
    sync: reconciling?.sync ?? null,
    backfills: createBackfills({ pool, now, wake: reconciling?.wakeBackfillRunner ?? null }),
    syncable: () => accounts.all().filter(isReadable),
    systemState: createSystemState({
      pool,
      group: config.groupId,
      saveProcess,
      alarmsOfProcess,
      now,
      roles: config.roles,
      accountIds,
      checks,
      lag,
      tokenUses,
      waiting: opened?.backlog ?? null
    }),
    ...rest
  }
}
