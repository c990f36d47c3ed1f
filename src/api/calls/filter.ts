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

/** The query parameters that select calls. */
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
    group: listOf(
      nameParameter,
      'The ids of ring groups or queues, where the REST API reports them. It cannot be combined with `asOf`.'
    ),
    lostInTransfer: Type.Optional(
      Type.Boolean({ description: 'Whether the client was lost in a transfer, after a conversation.' })
    ),
    hasRecording: Type.Optional(Type.Boolean({ description: 'Whether a recording is known.' })),
    needsCallback: Type.Optional(
      Type.Literal(true, {
        description:
          'Only unanswered inbound calls and calls lost in a transfer, of clients that can be called back, after ' +
          'which no conversation with the client has begun, at any business number of the account. It cannot be ' +
          'combined with `asOf`.'
      })
    ),
    q: searchParameter("the client's name or number")
  },
  { additionalProperties: false }
)

export type CallParameters = Static<typeof callParameters>

/** The parsed parameters, with normalized values. A filter that is undefined or null accepts every call. */
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
  groups: readonly string[] | undefined
  lostInTransfer: boolean | undefined
  hasRecording: boolean | undefined
  needsCallback: boolean
  search: Search | null
}

/** @throws InvalidParameterError  an instant or `q` is invalid */
export function parseCallFilter(query: CallParameters, context: Pick<QueryContext, 'regions' | 'zones'>): CallFilter {
  return {
    since: readInstantOrDay('since', query.since, context.zones),
    until: readInstantOrDay('until', query.until, context.zones),
    accounts: query.account,
    businessNumbers: normalizeParties(query.businessNumber, context),
    clients: normalizeParties(query.client, context),
    extensions: query.extension?.flatMap(value => cleanName(value) ?? []),
    directions: query.direction,
    states: query.state,
    outcomes: query.outcome,
    minTalkSeconds: query.minDurationSeconds,
    maxTalkSeconds: query.maxDurationSeconds,
    groups: query.group?.flatMap(value => cleanName(value) ?? []),
    lostInTransfer: query.lostInTransfer,
    hasRecording: query.hasRecording,
    needsCallback: query.needsCallback === true,
    search: parseSearch(query.q, context)
  }
}

const text = searchText(callHistory.clientName, callHistory.clientNumber)
const isRecorded = or(isNotNull(callHistory.recordingId), isNotNull(callHistory.recordingLink))

/** Returns the conditions of the filter, as SQL over the current rows. */
export function conditions(filter: CallFilter, { viewer }: Pick<QueryContext, 'viewer'>): (SQL | undefined)[] {
  const { clients, extensions, directions, outcomes, lostInTransfer, hasRecording, minTalkSeconds, maxTalkSeconds } =
    filter
  const hasLegAt = (values: readonly string[]) => sql`exists (
    select from ${callLegs}
    where ${callLegs.account} = ${callHistory.account} and ${callLegs.callId} = ${callHistory.callId}
      and ${inArray(callLegs.extension, [...values])}
  )`
  return [
    ...immutableConditions(filter),
    isOneOf(callHistory.businessNumber, filter.businessNumbers),
    clients && or(isOneOf(callHistory.clientNumber, clients), isOneOf(callHistory.clientName, clients)),
    extensions && hasLegAt(extensions),
    isOneOf(callHistory.direction, directions ?? (outcomes && DIRECTIONS)), // the index of outcomes begins with it
    isOneOf(callHistory.state, filter.states),
    isOneOf(callHistory.outcome, outcomes),
    isOneOf(callHistory.groupId, filter.groups),
    minTalkSeconds === undefined ? undefined : sql`${callHistory.talkSeconds} >= ${minTalkSeconds}`,
    maxTalkSeconds === undefined ? undefined : sql`${callHistory.talkSeconds} <= ${maxTalkSeconds}`,
    lostInTransfer === undefined
      ? undefined
      : sql`${sql.raw(lostInTransfer ? '' : 'not ')}${callHistory.lostInTransfer}`,
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

/** Returns the conditions that no later event of a call changes. They hold for its past states as well. */
export function immutableConditions({ since, until, accounts }: CallFilter): (SQL | undefined)[] {
  return [
    since ? sql`${callHistory.startedAt} >= ${since}` : undefined,
    until ? sql`${callHistory.startedAt} < ${until}` : undefined,
    isOneOf(callHistory.account, accounts)
  ]
}

/** Applies the same filter, except for `needsCallback` and `group`, to a past state of a call, which is in no table. */
export function matchesFilter(filter: CallFilter, call: CallShape): boolean {
  const has = (wanted: readonly string[] | undefined, ...values: (string | null | undefined)[]) =>
    !wanted || values.some(value => typeof value === 'string' && wanted.includes(value))
  const isBetween = (value: number | null, min: number | undefined, max: number | undefined) =>
    (min === undefined && max === undefined) ||
    (value !== null && value >= (min ?? 0) && value <= (max ?? Number.POSITIVE_INFINITY))
  const startedAt = Date.parse(call.startedAt)
  return (
    startedAt >= (filter.since?.getTime() ?? Number.NEGATIVE_INFINITY) &&
    startedAt < (filter.until?.getTime() ?? Number.POSITIVE_INFINITY) &&
    has(filter.accounts, call.account) &&
    has(filter.businessNumbers, call.businessNumber) &&
    has(filter.clients, call.client?.number, call.client?.name) &&
    has(filter.extensions, ...call.legs.map(leg => leg.extension)) &&
    has(filter.directions, call.direction) &&
    has(filter.states, call.state) &&
    has(filter.outcomes, call.outcome) &&
    isBetween(call.talkSeconds, filter.minTalkSeconds, filter.maxTalkSeconds) &&
    (filter.lostInTransfer === undefined || filter.lostInTransfer === call.lostInTransfer) &&
    (filter.hasRecording === undefined || filter.hasRecording === (call.recording !== null)) &&
    matchesSearch(`${call.client?.name ?? ''} ${call.client?.number ?? ''}`, filter.search)
  )
}
