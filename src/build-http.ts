import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { createAccess } from './access/access.js'
import { createKeyCheck } from './access/bearer.js'
import { type Accounts, isReadable } from './accounts.js'
import type { Config } from './config.js'
import type { OpenedLog } from './event-log/open.js'
import { type HealthCheck, health } from './health.js'
import { createHttp } from './http.js'
import { type Metrics, metricsRoute } from './metrics.js'
import { createQuotaUsage } from './mightycall/rest/quota-usage.js'
import { createRepairs } from './project/repairs.js'
import { createTimeTravel } from './project/time-travel.js'
import { collectOpenApi } from './query/docs.js'
import { serveQuery } from './query/serve.js'
import { noteGaps } from './gaps-metric.js'
import { noteQuota } from './quota-metric.js'
import { createCompleteness } from './reconcile/ledger/completeness.js'
import { serveReceive } from './receive/serve.js'
import { createBackfills } from './reconcile/backfill/backfills.js'
import type { Reconciling } from './reconcile/start.js'
import type { Secrets } from './secrets.js'
import type { Later } from './start-later.js'

export interface HttpParts {
  config: Config
  logger: Logger
  metrics: Metrics
  now: () => Date
  secrets: Secrets
  accounts: Accounts
  opened: OpenedLog | null
  pool: pg.Pool | null
  later: Record<string, Later>
  /** Null: this process does not read MightyCall. */
  reconciling: Reconciling | null
  draining: () => boolean
}

/** Of the event loop: who asks would wait for several turns of it. */
const MAX_DELAY_MS = 500

/** The server with the routes of the asked-for roles. */
export async function buildHttp ({ config, logger, now, secrets, accounts, metrics, opened, pool, later, reconciling, draining }: HttpParts): Promise<FastifyInstance> {
  const app = createHttp({ logger: httpLogger(logger), trustProxy: config.trustProxy })
  const admin = secrets.adminKey === null ? [] : [secrets.adminKey]
  const checks: Record<string, HealthCheck> = {}
  const quotaUsage = pool && createQuotaUsage({ pool, accounts, budget: config.dailyBudget, now })
  if (config.roles.includes('query')) await collectOpenApi(app)
  if (config.roles.includes('receive') && opened) {
    const { log } = opened
    const trouble = await serveReceive(app, { log, metrics, now, accounts: accounts.all })
    checks.receive = async () => log.trouble() ?? trouble()
  }
  if (later.project) checks.project = async () => later.project?.trouble() ?? null
  if (later.reconcile) checks.reconcile = async () => later.reconcile?.trouble() ?? null
  if (config.roles.includes('query') && pool && quotaUsage) {
    const schema = () => later.database?.trouble() ?? null
    const access = createAccess({ pool, adminKey: secrets.adminKey, now, publicUrl: config.publicUrl, trouble: async () => schema() })
    await serveQuery(app, { db: drizzle(pool), now, regionsOf: accounts.regionsOf, zonesOf: accounts.zonesOf, timeTravel: createTimeTravel(pool), repairs: createRepairs({ pool, settings: accounts, now, group: config.groupId }), quotaUsage, completenessOf: createCompleteness(pool, accounts), sync: reconciling?.sync ?? null, backfills: createBackfills({ pool, now, wake: reconciling?.wakeBackfiller ?? null }), syncable: () => accounts.all().filter(isReadable), access, limits: { requestsPerMinute: config.apiRateLimit, maxEventLoopDelayMs: MAX_DELAY_MS }, corsOrigins: config.corsOrigins })
    checks.query = async () => await schema() ?? await canQuery(pool)
  }
  await app.register(health, { checks, draining })
  const refresh = async () => {
    noteSpool(metrics, opened)
    if (quotaUsage) await noteQuota(metrics, quotaUsage)
    if (pool) await noteGaps(metrics, pool, accounts.all().map(({ id }) => id))
  }
  await app.register(metricsRoute, { metrics, refresh, authenticate: createKeyCheck([...admin, ...config.metricsKey === null ? [] : [config.metricsKey]]) })
  return app
}

function noteSpool (metrics: Metrics, opened: OpenedLog | null): void {
  const { bytes, records, setAside } = opened?.waiting?.() ?? { bytes: 0, records: 0, setAside: 0 }
  metrics.spoolBytes.set(bytes)
  metrics.spoolRecords.set(records)
  metrics.setAside.set(setAside)
}

/** Fastify tells at level info what `ready` says better. */
function httpLogger (logger: Logger): Logger {
  return logger.child({ stage: 'http' }, { level: logger.level === 'info' ? 'warn' : logger.level })
}

async function canQuery (pool: pg.Pool): Promise<string | null> {
  return pool.query('select 1').then(() => null, () => 'Postgres does not answer')
}
