import { and, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { CountryCode } from 'libphonenumber-js/min'
import type { Viewer } from '../../access/viewer.js'
import { cleanName, normalizeParty } from '../../events/text.js'
import { phoneNumberReadings } from '../../lib/phone-number.js'
import { readInstantOrDay } from './parameters.js'

export interface QueryOptions {
  db: NodePgDatabase
  now: () => Date
  /** The distinct regions of these accounts, or of all. A number without a country code is read as one of them. */
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  /** The distinct time zones of these accounts, or of all. A day begins in one of them. */
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

/** What a query depends on besides its parameters. */
export interface QueryContext {
  viewer: Viewer
  now: Date
  regions: readonly CountryCode[]
  zones: readonly string[]
}

/** The accounts that the request names, or undefined for all. A viewer of one account always gets that account. */
export function requestedAccounts(
  viewer: Viewer,
  named: string | readonly string[] | undefined
): readonly string[] | undefined {
  if (viewer.account !== null) return [viewer.account]
  return typeof named === 'string' ? [named] : named
}

export function queryContextOf(
  viewer: Viewer,
  named: string | readonly string[] | undefined,
  { now, regionsOf, zonesOf }: Omit<QueryOptions, 'db'>
): QueryContext {
  const accounts = requestedAccounts(viewer, named)
  return { viewer, now: now(), regions: regionsOf(accounts), zones: zonesOf(accounts) }
}

/**
 * The parties that these texts may stand for: numbers in E.164 format where possible, and names in both Unicode forms,
 * composed and decomposed.
 */
export function normalizeParties(
  values: readonly string[] | undefined,
  { regions }: Pick<QueryContext, 'regions'>
): readonly string[] | undefined {
  const partiesOf = (value: string) => {
    const name = cleanName(value) ?? ''
    const parties = regions.map(region => normalizeParty(name, region) ?? '')
    return [...parties, ...phoneNumberReadings(name, regions), name.normalize('NFC'), name.normalize('NFD')]
  }
  return values && [...new Set(values.flatMap(partiesOf))]
}

export function isOneOf(column: SQLWrapper, values: readonly string[] | undefined): SQL | undefined {
  return values && inArray(column, [...values])
}

/** @throws InvalidParameterError  `since` or `until` is invalid */
export function isWithin(
  column: SQLWrapper,
  query: { since?: string | undefined; until?: string | undefined },
  { zones }: Pick<QueryContext, 'zones'>
): SQL | undefined {
  const since = readInstantOrDay('since', query.since, zones)
  const until = readInstantOrDay('until', query.until, zones)
  return and(since ? sql`${column} >= ${since}` : undefined, until ? sql`${column} < ${until}` : undefined)
}

/** An instant in milliseconds since 1970. A raw statement would return a text. */
export function epochMillis(instant: SQLWrapper): SQL {
  return sql`(extract(epoch from ${instant}) * 1000)::float8`
}
