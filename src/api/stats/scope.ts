import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { CountryCode } from 'libphonenumber-js/min'
import { type OwnedColumns, visible } from '../../access/row-visibility.js'
import { seesAccount, type Viewer } from '../../access/viewer.js'
import type { RuntimeSettings } from '../../accounts/runtime-settings.js'
import { InvalidParameterError } from '../../errors.js'

export interface StatsOptions {
  db: NodePgDatabase
  now: () => Date
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  zonesOf: (accounts?: readonly string[]) => readonly string[]
  settings: RuntimeSettings
  /** The ids of the configured accounts. */
  accountIds: () => readonly string[]
}

/** The accounts that statistics cover, with their settings. */
export interface Scope {
  viewer: Viewer
  accounts: readonly string[]
  /** A table expression `targets (account, answer_within, dropped_under, time_zone)`. */
  targets: SQL
  timeZones: readonly string[]
}

/** Returns the scope of the requested accounts, or of all configured ones, as far as the viewer may see them. */
export function scopeOf(
  { settings, accountIds }: Pick<StatsOptions, 'settings' | 'accountIds'>,
  viewer: Viewer,
  requested: readonly string[] | undefined
): Scope {
  const wanted = new Set(requested ?? (viewer.account === null ? accountIds() : [viewer.account]))
  const accounts = [...wanted].filter(account => seesAccount(viewer, account))
  const all = accounts.map(settings.settingsOf)
  return {
    viewer,
    accounts,
    timeZones: [...new Set(all.map(({ timeZone }) => timeZone))],
    targets: sql`targets as (
      select * from unnest(
        ${sql.param(accounts)}::text[],
        ${sql.param(all.map(own => own.serviceLevelSeconds))}::float8[],
        ${sql.param(all.map(own => own.droppedUnderSeconds))}::float8[],
        ${sql.param(all.map(own => own.timeZone))}::text[]
      ) as t (account, answer_within, dropped_under, time_zone)
    )`
  }
}

/**
 * Returns the time zone of the accounts.
 *
 * @throws InvalidParameterError  the accounts have different time zones, so that their days differ
 */
export function timeZoneOf({ timeZones: [timeZone = 'UTC', other] }: Scope): string {
  if (other !== undefined)
    throw new InvalidParameterError('the accounts have different time zones: ask for one account')
  return timeZone
}

/** Returns the condition that the viewer may see a call. */
export function visibleCalls({ viewer }: Scope, columns: OwnedColumns): SQL {
  return visible(viewer, columns) ?? sql`true`
}
