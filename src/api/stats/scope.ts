import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { CountryCode } from 'libphonenumber-js/min'
import { type OwnedColumns, visible } from '../../access/row-visibility.js'
import { seesAccount, type Viewer } from '../../access/viewer.js'
import type { LiveSettings } from '../../accounts/runtime-settings.js'
import { InvalidParameterError } from '../../errors.js'

export interface StatsOptions {
  db: NodePgDatabase
  now: () => Date
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  settings: LiveSettings
  /** Those that are configured. */
  accountIds: () => readonly string[]
}

/** The accounts that statistics are about, with what is set for them. */
export interface Scope {
  viewer: Viewer
  accounts: readonly string[]
  /** A table expression `targets (account, answer_within, dropped_under, time_zone)`. */
  targets: SQL
  timeZones: readonly string[]
}

/** The accounts that are asked for, else all that are configured, as far as they may be seen. */
export function scopeOf(
  { settings, accountIds }: Pick<StatsOptions, 'settings' | 'accountIds'>,
  viewer: Viewer,
  asked: readonly string[] | undefined
): Scope {
  const accounts = [...new Set(asked ?? (viewer.account === null ? accountIds() : [viewer.account]))].filter(account =>
    seesAccount(viewer, account)
  )
  const all = accounts.map(settings.of)
  return {
    viewer,
    accounts,
    timeZones: [...new Set(all.map(({ timeZone }) => timeZone))],
    targets: sql`targets as (select * from unnest(${sql.param(accounts)}::text[], ${sql.param(all.map(own => own.serviceLevelSeconds))}::float8[],
      ${sql.param(all.map(own => own.droppedUnderSeconds))}::float8[], ${sql.param(all.map(own => own.timeZone))}::text[]) as t (account, answer_within, dropped_under, time_zone))`
  }
}

/** @throws InvalidParameterError  there are several, and no day is a day in all of them */
export function timeZoneOf({ timeZones: [timeZone = 'UTC', other] }: Scope): string {
  if (other !== undefined)
    throw new InvalidParameterError('the accounts have different time zones: ask for one account')
  return timeZone
}

/** Calls of the scope that the viewer may see, as a condition. */
export function visibleCalls({ viewer }: Scope, columns: OwnedColumns): SQL {
  return visible(viewer, columns) ?? sql`true`
}
