import { and, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import { visible } from '../../access/row-visibility.js'
import { callHistory, callLegs } from '../../db/schema/calls.js'
import { searchText } from '../../db/schema/columns.js'
import { cleanName } from '../../events/text.js'
import { listOf, nameParameter, partyParameters, readInstantOrDay } from '../list/parameters.js'
import { isOneOf, normalizeParties, type QueryContext } from '../list/query-context.js'
import { matchesSearch, parseSearch, type Search, searchParameter, textMatches } from '../list/search.js'
import { needsCallback } from './callbacks.js'
import { type CallShape, DIRECTIONS, OUTCOMES, STATES } from './schema.js'

/** What may be asked of calls. */
export const callParameters = Type.Object(
  {
    ...partyParameters,
    client: listOf(nameParameter, 'Phone numbers of clients in any format, or names of site widgets.'),
    extension: listOf(nameParameter, 'Extensions. A call matches when one of its legs is at one of them.'),
    direction: listOf(Type.Enum(DIRECTIONS), 'Directions.'),
    state: listOf(Type.Enum(STATES), 'States.'),
    outcome: listOf(Type.Enum(OUTCOMES), 'Outcomes. Only calls that have ended have one.'),
    minDurationSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e9,
        description: 'The minimum talk time. Calls that were not answered or have not ended never match.'
      })
    ),
    maxDurationSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e9,
        description: 'The maximum talk time. Calls that were not answered or have not ended never match.'
      })
    ),
    hasRecording: Type.Optional(Type.Boolean({ description: 'Whether a recording is known.' })),
    needsCallback: Type.Optional(
      Type.Literal(true, {
        description:
          'Only unanswered inbound calls after which no conversation with the client has begun, at any business number of ' +
          'the account. It cannot be combined with `asOf`.'
      })
    ),
    q: searchParameter("the client's name or number")
  },
  { additionalProperties: false }
)

export type CallParameters = Static<typeof callParameters>

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
  minTalkSeconds: number | undefined
  maxTalkSeconds: number | undefined
  hasRecording: boolean | undefined
  needsCallback: boolean
  search: Search | null
}

/** @throws InvalidParameterError  an instant or q cannot be read */
export function parseCallFilter(query: CallParameters, asked: Pick<QueryContext, 'regions' | 'zones'>): CallFilter {
  return {
    since: readInstantOrDay('since', query.since, asked.zones),
    until: readInstantOrDay('until', query.until, asked.zones),
    accounts: query.account,
    businessNumbers: normalizeParties(query.businessNumber, asked),
    clients: normalizeParties(query.client, asked),
    extensions: query.extension?.flatMap(value => cleanName(value) ?? []),
    directions: query.direction,
    states: query.state,
    outcomes: query.outcome,
    minTalkSeconds: query.minDurationSeconds,
    maxTalkSeconds: query.maxDurationSeconds,
    hasRecording: query.hasRecording,
    needsCallback: query.needsCallback === true,
    search: parseSearch(query.q, asked)
  }
}

const text = searchText(callHistory.clientName, callHistory.clientNumber)
const isRecorded = or(isNotNull(callHistory.recordingId), isNotNull(callHistory.recordingLink))

/** The filter over calls as they are. */
export function conditions(filter: CallFilter, { viewer }: Pick<QueryContext, 'viewer'>): (SQL | undefined)[] {
  const { clients, extensions, directions, outcomes, hasRecording, minTalkSeconds, maxTalkSeconds } = filter
  return [
    ...immutableConditions(filter),
    isOneOf(callHistory.businessNumber, filter.businessNumbers),
    clients && or(isOneOf(callHistory.clientNumber, clients), isOneOf(callHistory.clientName, clients)),
    extensions &&
      sql`exists (select from ${callLegs} where ${callLegs.account} = ${callHistory.account} and ${callLegs.callId} = ${callHistory.callId} and ${inArray(callLegs.extension, [...extensions])})`,
    isOneOf(callHistory.direction, directions ?? (outcomes && DIRECTIONS)), // the index of outcomes begins with it
    isOneOf(callHistory.state, filter.states),
    isOneOf(callHistory.outcome, outcomes),
    minTalkSeconds === undefined ? undefined : sql`${callHistory.talkSeconds} >= ${minTalkSeconds}`,
    maxTalkSeconds === undefined ? undefined : sql`${callHistory.talkSeconds} <= ${maxTalkSeconds}`,
    hasRecording === undefined
      ? undefined
      : hasRecording
        ? isRecorded
        : and(isNull(callHistory.recordingId), isNull(callHistory.recordingLink)),
    filter.needsCallback ? needsCallback(viewer) : undefined,
    textMatches(text, filter.search, [sql`${callHistory.state} = 'ended'`, sql`${callHistory.state} <> 'ended'`])
  ]
}

export function visibleCalls({ viewer }: Pick<QueryContext, 'viewer'>): SQL | undefined {
  return visible(viewer, {
    account: callHistory.account,
    businessNumber: callHistory.businessNumber,
    at: callHistory.startedAt
  })
}

/** The part of it that no later event changes: all else may have been different. */
export function immutableConditions({ since, until, accounts }: CallFilter): (SQL | undefined)[] {
  return [
    since ? sql`${callHistory.startedAt} >= ${since}` : undefined,
    until ? sql`${callHistory.startedAt} < ${until}` : undefined,
    isOneOf(callHistory.account, accounts)
  ]
}

/** The same filter over a call that is in no table. */
export function matchesFilter(filter: CallFilter, call: CallShape): boolean {
  const has = (wanted: readonly string[] | undefined, ...values: (string | null | undefined)[]) =>
    !wanted || values.some(value => typeof value === 'string' && wanted.includes(value))
  const within = (value: number | null, from: number | undefined, to: number | undefined) =>
    (from === undefined && to === undefined) ||
    (value !== null && value >= (from ?? 0) && value <= (to ?? Number.POSITIVE_INFINITY))
  return (
    within(Date.parse(call.startedAt), filter.since?.getTime() ?? Number.NEGATIVE_INFINITY, undefined) &&
    Date.parse(call.startedAt) < (filter.until?.getTime() ?? Number.POSITIVE_INFINITY) &&
    has(filter.accounts, call.account) &&
    has(filter.businessNumbers, call.businessNumber) &&
    has(filter.clients, call.client?.number, call.client?.name) &&
    has(filter.extensions, ...call.legs.map(leg => leg.extension)) &&
    has(filter.directions, call.direction) &&
    has(filter.states, call.state) &&
    has(filter.outcomes, call.outcome) &&
    within(call.talkSeconds, filter.minTalkSeconds, filter.maxTalkSeconds) &&
    (filter.hasRecording === undefined || filter.hasRecording === (call.recording !== null)) &&
    matchesSearch(`${call.client?.name ?? ''} ${call.client?.number ?? ''}`, filter.search)
  )
}
