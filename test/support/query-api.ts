import { drizzle } from 'drizzle-orm/node-postgres'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { pino } from 'pino'
import { type Access, createAccess } from '../../src/access/access.js'
import { bearerKeyOf } from '../../src/access/bearer.js'
import type { Viewer } from '../../src/access/viewer.js'
import type { Account } from '../../src/accounts/accounts.js'
import { createChangeSettings } from '../../src/accounts/change-settings.js'
import { createRuntimeSettings, type RuntimeSettings } from '../../src/accounts/runtime-settings.js'
import type { SyncOptions } from '../../src/api/admin/sync.js'
import { serveQuery } from '../../src/api/api.js'
import type { ApiLimits } from '../../src/api/authorize.js'
import { collectOpenApi } from '../../src/api/openapi.js'
import { createSystemState, type SystemStateOptions } from '../../src/app/system-state.js'
import { LiveClosedError } from '../../src/errors.js'
import { createHttp } from '../../src/http/server.js'
import { HOUR_MS } from '../../src/lib/instant.js'
import live from '../../src/live/route.js'
import type { LiveStreams } from '../../src/live/streams.js'
import { createQuotaUsage } from '../../src/mightycall/rest/quota/usage.js'
import { createRepairs } from '../../src/project/admin.js'
import { createTimeTravel } from '../../src/project/time-travel.js'
import { createBackfills } from '../../src/reconcile/backfill/backfills.js'
import { createCompleteness } from '../../src/reconcile/gaps/completeness.js'
import { SETTINGS } from './settings.js'
import type { Teardown } from './teardown.js'

export const ADMIN_API_KEY = 'an-administrator-key-of-thirty-two-characters-or-more'

export interface QueryApiOptions extends Partial<SyncOptions> {
  /** Default: live views are closed. */
  live?: LiveStreams
  accounts?: Pick<Account, 'id' | 'apiKey'>[]
  /** Further viewers, by key. */
  viewers?: Record<string, Viewer>
  /** Wakes the backfill runner; null when no backfill runner exists. */
  wake?: (() => void) | null
  settings?: RuntimeSettings
  system?: Partial<SystemStateOptions>
  accountIds?: readonly string[]
  /** Null when no admin key is configured. */
  adminKey?: string | null
  publicUrl?: string | null
  limits?: Partial<ApiLimits>
  corsOrigins?: string[]
  /** Registers further routes. */
  alongside?: (app: FastifyInstance) => Promise<unknown>
  /** Returns the time zones of the given accounts, or of all accounts. */
  zonesOf?: (accounts?: readonly string[]) => readonly string[]
}

/** Further accounts to which a key or an organization may belong. */
const ACCESS_ACCOUNTS = ['acme', 'globex']

const NO_LIVE: LiveStreams = {
  open: async () => {
    throw new LiveClosedError()
  },
  retryMs: () => 1_000,
  position: async () => 0,
  close: async () => {}
}

/** Creates the API over a database. `now` is its clock. */
export async function queryApi(
  t: Teardown,
  pool: pg.Pool,
  now: () => Date,
  {
    accounts = [],
    viewers = {},
    adminKey = ADMIN_API_KEY,
    publicUrl = null,
    limits = {},
    corsOrigins = [],
    alongside,
    wake = null,
    live: streams = NO_LIVE,
    sync = null,
    syncable = () => [],
    settings = createRuntimeSettings(SETTINGS, pool),
    accountIds = ['default'],
    system = {},
    zonesOf = (ids = accountIds) => [...new Set(ids.map(settings.timeZoneOf))]
  }: QueryApiOptions = {}
) {
  const app = createHttp({ logger: pino({ level: 'silent' }), trustProxy: false })
  await collectOpenApi(app)
  await alongside?.(app)
  const configured = () => [...new Set([...accountIds, ...syncable().map(({ id }) => id)])]
  const access = createAccess({
    pool,
    adminKey,
    now,
    publicUrl,
    trouble: async () => null,
    accountIds: () => [...configured(), ...ACCESS_ACCOUNTS]
  })
  await serveQuery(app, {
    db: drizzle(pool),
    now,
    regionsOf: () => ['US'],
    zonesOf,
    timeTravel: createTimeTravel(pool),
    repairs: createRepairs({ pool, settings: SETTINGS, now, group: 'g' }),
    quotaUsage: createQuotaUsage({ pool, accounts: { all: () => accounts }, budget: 20, now }),
    completenessOf: createCompleteness({ pool, accounts: { all: () => accounts }, longestCallMs: 12 * HOUR_MS }),
    settings,
    changeSettings: createChangeSettings(pool, now),
    accountIds: configured,
    systemState: createSystemState({
      pool,
      group: 'g',
      saveProcess: async () => {},
      alarmsOfProcess: () => [],
      now,
      roles: ['query'],
      accountIds: () => accountIds,
      checks: {},
      waiting: null,
      lag: null,
      tokenUses: null,
      ...system
    }),
    backfills: createBackfills({ pool, now, wake }),
    sync,
    syncable,
    addRoutes: async (api, authenticate) => {
      await api.register(live, { live: streams, authenticate })
    },
    access: { ...access, authenticate: withViewers(viewers, access.authenticate) },
    limits: { requestsPerMinute: 0, maxEventLoopDelayMs: Number.POSITIVE_INFINITY, ...limits },
    corsOrigins
  })
  t.teardown(() => app.close())
  const get = (url: string, key = ADMIN_API_KEY) => app.inject({ url, headers: { authorization: `Bearer ${key}` } })
  const send =
    (method: 'POST' | 'PATCH') =>
    (url: string, payload?: object, key = ADMIN_API_KEY) =>
      app.inject({ method, url, headers: { authorization: `Bearer ${key}` }, ...(payload && { payload }) })
  const remove = (url: string, key = ADMIN_API_KEY) =>
    app.inject({ method: 'DELETE', url, headers: { authorization: `Bearer ${key}` } })
  return { app, access, get, post: send('POST'), patch: send('PATCH'), remove }
}

/** Adds viewers whose keys are not in the database. */
function withViewers(viewers: Record<string, Viewer>, authenticate: Access['authenticate']): Access['authenticate'] {
  return async request => viewers[bearerKeyOf(request) ?? ''] ?? authenticate(request)
}
