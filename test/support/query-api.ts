import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import { createKeyCheck } from '../../src/access/bearer.js'
import type { Account } from '../../src/accounts.js'
import { createHttp } from '../../src/http.js'
import { createQuotaUsage } from '../../src/mightycall/rest/quota-usage.js'
import { createRepairs } from '../../src/project/repairs.js'
import { createTimeTravel } from '../../src/project/time-travel.js'
import { createCompleteness } from '../../src/reconcile/ledger/completeness.js'
import { collectOpenApi } from '../../src/query/docs.js'
import { serveQuery } from '../../src/query/serve.js'
import type { SyncOptions } from '../../src/query/sync.js'
import { SETTINGS } from './settings.js'

export const API_KEY = 'an-administrator-key-of-thirty-two-characters-or-more'

/** The API over a database, at a time of the test's own. */
export async function queryApi (t: Test, pool: pg.Pool, now: () => Date, accounts: Pick<Account, 'id' | 'apiKey'>[] = [], sync: SyncOptions = { sync: null, syncable: () => [] }) {
  const app = createHttp({ logger: pino({ level: 'silent' }), trustProxy: false })
  await collectOpenApi(app)
  await serveQuery(app, { db: drizzle(pool), now, regionsOf: () => ['US'], timeTravel: createTimeTravel(pool), repairs: createRepairs({ pool, settings: SETTINGS, now, group: 'g' }), quotaUsage: createQuotaUsage({ pool, accounts: { all: () => accounts }, budget: 20, now }), completenessOf: createCompleteness(pool, { all: () => accounts }), ...sync, authenticate: createKeyCheck([API_KEY]) })
  t.teardown(() => app.close())
  const get = (url: string, key = API_KEY) => app.inject({ url, headers: { authorization: `Bearer ${key}` } })
  const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${API_KEY}` }, ...payload && { payload } })
  return { app, get, post }
}
