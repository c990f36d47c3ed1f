import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { createAccess } from '../access/access.js'
import { createKeyCheck } from '../access/bearer.js'
import { type Accounts, isReadable } from '../accounts/accounts.js'
import { createChangeSettings } from '../accounts/change-settings.js'
import type { LiveSettings } from '../accounts/runtime-settings.js'
import { type QueryOptions, serveQuery } from '../api/api.js'
import { collectOpenApi } from '../api/openapi.js'
import type { Config } from '../config/config.js'
import type { Secrets } from '../config/secrets.js'
import type { OpenedLog } from '../event-log/open-log.js'
import { type HealthCheck, health, readinessOf } from '../http/health.js'
import { createHttp } from '../http/server.js'
import live from '../live/route.js'
import { buildLive } from '../live/streams.js'
import { createQuotaUsage, type LoadQuotaUsage } from '../mightycall/rest/quota/usage.js'
import { type Metrics, metricsRoute } from '../observability/metrics.js'
import { createRepairs } from '../project/admin.js'
import { lagOf } from '../project/lag.js'
import { createTimeTravel } from '../project/time-travel.js'
import { serveReceive } from '../receive/start.js'
import { createBackfills } from '../reconcile/backfill/backfills.js'
import { createCompleteness } from '../reconcile/gaps/completeness.js'
import type { Reconciliation } from '../reconcile/start.js'
import type { RetriedStart } from './background-start.js'
import { refreshGapGauge, refreshLagGauge, refreshQuotaGauge } from './gauges.js'
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
  pool: pg.Pool | null
  /** Null without a database. */
  settings: LiveSettings | null
  background: Record<string, RetriedStart>
  /** Null: this process does not read MightyCall. */
  reconciling: Reconciliation | null
  /** Aborted when the service is told to stop. */
  stopping: AbortSignal
}

/** Of the event loop: who asks would wait for several turns of it. */
const MAX_DELAY_MS = 500

/** The server with the routes of the asked-for roles. */
export async function buildHttp(parts: HttpOptions): Promise<FastifyInstance> {
  const { config, logger, now, secrets, accounts, metrics, opened, pool, settings, background, stopping } = parts
  const app = createHttp({ logger: httpLogger(logger), trustProxy: config.trustProxy })
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
  if (background.project) checks.project = async () => background.project?.trouble() ?? null
  if (background.reconcile) checks.reconcile = async () => background.reconcile?.trouble() ?? null
  if (config.roles.includes('query') && pool && settings && quotaUsage) {
    const schema = () => background.database?.trouble() ?? null
    const access = createAccess({
      pool,
      adminKey: secrets.adminKey,
      now,
      publicUrl: config.publicUrl,
      trouble: async () => schema()
    })
    const streams = buildLive({
      pool,
      readers: createLiveReaders(drizzle(pool), now),
      trouble: schema,
      health: () => readinessOf(Object.keys(checks), { checks, draining }),
      logger,
      metrics,
      stopping
    })
    checks.query = async () => (await schema()) ?? (await canQuery(pool))
    await serveQuery(
      app,
      apiOptions(parts, {
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
    noteSpool(metrics, opened)
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

function noteSpool(metrics: Metrics, opened: OpenedLog | null): void {
  const { bytes, records, setAside } = opened?.backlog?.() ?? { bytes: 0, records: 0, setAside: 0 }
  metrics.spoolBytes.set(bytes)
  metrics.spoolRecords.set(records)
  metrics.setAside.set(setAside)
}

/** Fastify tells at level info what `ready` says better. */
function httpLogger(logger: Logger): Logger {
  return logger.child({ stage: 'http' }, { level: logger.level === 'info' ? 'warn' : logger.level })
}

async function canQuery(pool: pg.Pool): Promise<string | null> {
  return pool.query('select 1').then(
    () => null,
    () => 'Postgres does not answer'
  )
}

export interface QueryDependencies
  extends Pick<SystemStateOptions, 'pool' | 'checks' | 'lag' | 'tokenUses'>,
    Pick<QueryOptions, 'access' | 'addRoutes' | 'limits' | 'corsOrigins' | 'settings'> {
  pool: pg.Pool
  quotaUsage: LoadQuotaUsage
}

/** What the routes of the API need of the other stages. */
export function apiOptions(
  { config, now, accounts, metrics, opened, reconciling }: HttpOptions,
  { pool, settings, quotaUsage, checks, lag, tokenUses, ...parts }: QueryDependencies
): QueryOptions {
  const accountIds = () => accounts.all().map(({ id }) => id)
  const zonesOf = (asked: readonly string[] = accountIds()) => [...new Set(asked.map(settings.timeZoneOf))]
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
    completenessOf: createCompleteness(pool, accounts),
    sync: reconciling?.sync ?? null,
    backfills: createBackfills({ pool, now, wake: reconciling?.wakeBackfillRunner ?? null }),
    syncable: () => accounts.all().filter(isReadable),
    systemState: createSystemState({
      pool,
      group: config.groupId,
      metrics,
      roles: config.roles,
      accountIds,
      checks,
      lag,
      tokenUses,
      waiting: opened?.backlog ?? null
    }),
    ...parts
  }
}
