import { inArray, type SQL, sql } from 'drizzle-orm'
import type { CountryCode } from 'libphonenumber-js/min'
import Type, { type Static } from 'typebox'
import { callHistory, callLegs } from '../db/schema/calls.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { cleanName, normalizeParty } from '../events/text.js'
import { type CallShape, DIRECTIONS, OUTCOMES, STATES } from './call-shape.js'
import { anyOf, asOfParameter, instantOf, type Keyset, listParameters } from './list.js'

const text = Type.String({ minLength: 1, maxLength: 100 })
export const accountParameter = Type.String({ pattern: ACCOUNT_PATTERN })

export const callParameters = Type.Object({
  ...listParameters,
  asOf: asOfParameter,
  sort: Type.Union([Type.Literal('-startedAt'), Type.Literal('startedAt')], { default: '-startedAt', description: 'Newest or oldest first.' }),
  account: anyOf(accountParameter, 'MightyCall accounts.'),
  businessNumber: anyOf(text, 'Business numbers, in any format.'),
  client: anyOf(text, "Clients' numbers in any format, or names of site widgets."),
  extension: anyOf(text, 'Calls with a leg of one of these extensions.'),
  direction: anyOf(Type.Enum(DIRECTIONS), 'Directions.'),
  state: anyOf(Type.Enum(STATES), 'States.'),
  outcome: anyOf(Type.Enum(OUTCOMES), 'Outcomes; only a call that has ended has one.')
}, { additionalProperties: false })

export type CallParameters = Static<typeof callParameters>
export type CallSort = CallParameters['sort']

/** What is asked for, in the words of the rows; undefined: not asked for. */
export interface CallFilter {
  since: Date | null
  until: Date | null
  accounts: readonly string[] | undefined
  businessNumbers: readonly string[] | undefined
  clients: readonly string[] | undefined
  extensions: readonly string[] | undefined
  directions: readonly string[] | undefined
  states: readonly string[] | undefined
  outcomes: readonly string[] | undefined
}

/**
 * @param regions  where a number without a country code may be
 * @throws InvalidParameterError  since or until cannot be read
 */
export function readFilter (query: Omit<CallParameters, 'limit' | 'cursor'>, regions: readonly CountryCode[]): CallFilter {
  const parties = (values: readonly string[] | undefined) => values && [...new Set(values.flatMap(value => regions.map(region => normalizeParty(value, region) ?? '')))]
  return {
    since: instantOf('since', query.since),
    until: instantOf('until', query.until),
    accounts: query.account,
    businessNumbers: parties(query.businessNumber),
    clients: parties(query.client),
    extensions: query.extension?.flatMap(value => cleanName(value) ?? []),
    directions: query.direction,
    states: query.state,
    outcomes: query.outcome
  }
}

/** The filter over calls as they are. */
export function conditions (filter: CallFilter): (SQL | undefined)[] {
  const { clients, extensions } = filter
  return [
    ...lastingConditions(filter),
    among(callHistory.businessNumber, filter.businessNumbers),
    clients && sql`(${inArray(callHistory.clientNumber, [...clients])} or ${inArray(callHistory.clientName, [...clients])})`,
    extensions && sql`exists (select from ${callLegs} where ${callLegs.account} = ${callHistory.account} and ${callLegs.callId} = ${callHistory.callId} and ${inArray(callLegs.extension, [...extensions])})`,
    among(callHistory.direction, filter.directions),
    among(callHistory.state, filter.states),
    among(callHistory.outcome, filter.outcomes)
  ]
}

/** The part of it that no later event changes: all else may have been different. */
export function lastingConditions ({ since, until, accounts }: CallFilter): (SQL | undefined)[] {
  return [
    since ? sql`${callHistory.startedAt} >= ${since}` : undefined,
    until ? sql`${callHistory.startedAt} < ${until}` : undefined,
    among(callHistory.account, accounts)
  ]
}

/** The same filter over a call that is in no table. */
export function isMatch (filter: CallFilter, call: CallShape): boolean {
  const has = (wanted: readonly string[] | undefined, ...values: (string | null | undefined)[]) => !wanted || values.some(value => typeof value === 'string' && wanted.includes(value))
  const startedAt = Date.parse(call.startedAt)
  return startedAt >= (filter.since?.getTime() ?? Number.NEGATIVE_INFINITY)
    && startedAt < (filter.until?.getTime() ?? Number.POSITIVE_INFINITY)
    && has(filter.accounts, call.account)
    && has(filter.businessNumbers, call.businessNumber)
    && has(filter.clients, call.client?.number, call.client?.name)
    && has(filter.extensions, ...call.legs.map(leg => leg.extension))
    && has(filter.directions, call.direction)
    && has(filter.states, call.state)
    && has(filter.outcomes, call.outcome)
}

export function orderOf (sort: CallSort): SQL {
  return sort === 'startedAt' ? sql`started_at, account, call_id` : sql`started_at desc, account desc, call_id desc`
}

/** What comes behind a call in that order. */
export function behind (sort: CallSort, [startedAt, account, callId]: Keyset): SQL {
  return sql`(started_at, account, call_id) ${sql.raw(sort === 'startedAt' ? '>' : '<')} (${startedAt}::timestamptz, ${account}, ${callId})`
}

type FilteredColumn = typeof callHistory.account | typeof callHistory.businessNumber | typeof callHistory.direction | typeof callHistory.state | typeof callHistory.outcome

function among (column: FilteredColumn, values: readonly string[] | undefined): SQL | undefined {
  return values && inArray(column, [...values])
}
