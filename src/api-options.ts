import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { isReadable } from './accounts/accounts.js'
import type { HttpParts } from './app/routes.js'
import type { QuotaUsageOf } from './mightycall/rest/quota/usage.js'
import { createRepairs } from './project/admin.js'
import { createTimeTravel } from './project/time-travel.js'
import type { QueryOptions } from './query/serve.js'
import { createBackfills } from './reconcile/backfill/backfills.js'
import { createCompleteness } from './reconcile/gaps/completeness.js'
import { createChangeSettings } from './accounts/change-settings.js'
import { createSystemState, type SystemParts } from './app/system-state.js'

export interface QueryParts extends Pick<SystemParts, 'pool' | 'checks' | 'lag' | 'tokenUses'>, Pick<QueryOptions, 'access' | 'addRoutes' | 'limits' | 'corsOrigins' | 'settings'> {
  pool: pg.Pool
  quotaUsage: QuotaUsageOf
}

/** What the routes of the API need of the other stages. */
export function apiOptions ({ config, now, accounts, metrics, opened, reconciling }: HttpParts, { pool, settings, quotaUsage, checks, lag, tokenUses, ...parts }: QueryParts): QueryOptions {
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
    backfills: createBackfills({ pool, now, wake: reconciling?.wakeBackfiller ?? null }),
    syncable: () => accounts.all().filter(isReadable),
    systemState: createSystemState({ pool, group: config.groupId, metrics, roles: config.roles, accountIds, checks, lag, tokenUses, waiting: opened?.waiting ?? null }),
    ...parts
  }
}
