import { and, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { CountryCode } from 'libphonenumber-js/min'
import Type from 'typebox'
import type { Viewer } from '../../access/viewer.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { normalizeParty } from '../../events/text.js'
import { anyOf, instantOf, listParameters } from './parameters.js'

export interface ReadingOptions {
  db: NodePgDatabase
  now: () => Date
  /** Where a number without a country code may be: the distinct regions of these accounts, or of all. */
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  /** Where a day may begin: their distinct time zones. */
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

/** What a query must know beside its parameters. */
export interface Asked {
  viewer: Viewer
  now: Date
  regions: readonly CountryCode[]
  zones: readonly string[]
}

export const accountParameter = Type.String({ pattern: ACCOUNT_PATTERN })
export const nameParameter = Type.String({ minLength: 1, maxLength: 100 })

/** What every list of things that a client and a business number have had with each other takes. */
export const partyParameters = {
  since: listParameters.since,
  until: listParameters.until,
  account: anyOf(accountParameter, 'MightyCall accounts.'),
  businessNumber: anyOf(nameParameter, 'Business numbers, in any format.'),
  client: anyOf(nameParameter, "Clients' numbers, in any format.")
}

/** Those that the request names, or all; a viewer who is bound to one has that. */
export function accountsAsked(
  viewer: Viewer,
  named: string | readonly string[] | undefined
): readonly string[] | undefined {
  if (viewer.account !== null) return [viewer.account]
  return typeof named === 'string' ? [named] : named
}

export function askedBy(
  viewer: Viewer,
  named: string | readonly string[] | undefined,
  { now, regionsOf, zonesOf }: Omit<ReadingOptions, 'db'>
): Asked {
  const accounts = accountsAsked(viewer, named)
  return { viewer, now: now(), regions: regionsOf(accounts), zones: zonesOf(accounts) }
}

/** The numbers that these may be, E.164 where they can be read as such. */
export function partiesOf(
  values: readonly string[] | undefined,
  { regions }: Pick<Asked, 'regions'>
): readonly string[] | undefined {
  return values && [...new Set(values.flatMap(value => regions.map(region => normalizeParty(value, region) ?? '')))]
}

export function among(column: SQLWrapper, values: readonly string[] | undefined): SQL | undefined {
  return values && inArray(column, [...values])
}

/** @throws InvalidParameterError  since or until cannot be read */
export function during(
  column: SQLWrapper,
  query: { since?: string | undefined; until?: string | undefined },
  { zones }: Pick<Asked, 'zones'>
): SQL | undefined {
  const since = instantOf('since', query.since, zones)
  const until = instantOf('until', query.until, zones)
  return and(since ? sql`${column} >= ${since}` : undefined, until ? sql`${column} < ${until}` : undefined)
}

/** An instant as a number, in milliseconds since 1970: a raw statement would give a text. */
export function millis(instant: SQLWrapper): SQL {
  return sql`(extract(epoch from ${instant}) * 1000)::float8`
}
