import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { pino } from 'pino'
import { createAccess } from '../../src/access/access.js'
import { createRuntimeSettings } from '../../src/accounts/runtime-settings.js'
import { serveQuery } from '../../src/api/api.js'
import { collectOpenApi } from '../../src/api/openapi.js'
import { ROLES } from '../../src/config/config.js'
import type { EventLog } from '../../src/event-log/port.js'
import { health } from '../../src/http/health.js'
import { createHttp } from '../../src/http/server.js'
import live from '../../src/live/route.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { serveReceive } from '../../src/receive/start.js'

/** The OpenAPI document of a process with every role. Its routes are registered, but never called. */
export async function openApi(): Promise<object> {
  const app = createHttp({ logger: pino({ level: 'silent' }), trustProxy: false })
  const now = () => new Date(0)
  await collectOpenApi(app)
  await serveReceive(app, { log: noLog, metrics: createMetrics(), now, accounts: () => [] })
  await serveQuery(app, {
    db: drizzle.mock(),
    now,
    regionsOf: () => [],
    zonesOf: () => [],
    timeTravel: { callsAt: notCalled, timeline: notCalled },
    repairs: { redrive: notCalled, discard: notCalled, refold: notCalled, resume: notCalled },
    quotaUsage: notCalled,
    completenessOf: notCalled,
    settings: createRuntimeSettings({ timeZoneOf: () => 'UTC', regionOf: () => 'US' }, { query: notCalled }),
    changeSettings: notCalled,
    systemState: notCalled,
    accountIds: () => [],
    sync: null,
    backfills: { begin: notCalled, all: notCalled, byId: notCalled, stop: notCalled },
    syncable: () => [],
    access: createAccess({
      pool: new pg.Pool(),
      adminKey: null,
      now,
      publicUrl: null,
      trouble: notCalled,
      accountIds: () => []
    }),
    limits: { requestsPerMinute: 0, maxEventLoopDelayMs: 0 },
    corsOrigins: [],
    addRoutes: async (app, authenticate) => {
      const streams = { open: notCalled, retryMs: () => 0, position: notCalled, close: async () => {} }
      await app.register(live, { live: streams, authenticate })
    }
  })
  await app.register(health, {
    checks: Object.fromEntries(ROLES.map(role => [role, notCalled])),
    draining: () => false
  })
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}

const noLog: EventLog = {
  id: notCalled,
  append: notCalled,
  subscribe: notCalled,
  bounds: notCalled,
  close: notCalled,
  sparse: false,
  trouble: () => null
}

async function notCalled(): Promise<never> {
  throw new Error('the routes are only described')
}
