import type { CallEvent, CallReported } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { distinctById, firstKnown, inOrder } from '../facts.js'
import { foldUntilEnd } from './call-end.js'
import { type CallFact, type CallRow, type FoldedCallEvent, inProviderOrder } from './facts.js'
import { isAnswered, isOpen, type Leg } from './legs.js'
import { answeredBy, type EndedLeg, outcomeOf, withResults, withTimes } from './outcome.js'
import { partiesOf } from './parties.js'
import { type MergedReport, mergeReports } from './reported.js'

/** What the events of one call amount to. */
export interface Call extends Omit<CallRow, 'account' | 'callId' | 'contribution'> {
  legs: EndedLeg[]
}

/** Limits for time travel: the state at one instant, as it was known at another. Both in milliseconds since 1970. */
export interface Cut {
  /** Later facts are left out. */
  asOf?: number | undefined
  /** Events that were received later are left out. */
  knownAt?: number | undefined
}

/**
 * Folds the events of one call, or returns null when there are none. The order of the events and duplicates among them
 * do not change the result.
 */
export function foldCall(
  events: readonly FoldedCallEvent[],
  { asOf = Number.POSITIVE_INFINITY, knownAt = Number.POSITIVE_INFINITY }: Cut = {}
): Call | null {
  const known = distinctById(events).filter(event => Date.parse(event.receivedAt) <= knownAt)
  const webhooks = known.filter(isFromWebhook)
  const all = inProviderOrder(webhooks)
  const facts = asOf === Number.POSITIVE_INFINITY ? all : all.filter(fact => fact.at <= asOf)
  const reports = mergeReports(known.filter(isReport))
  const reported = reports && reports.startedAt <= asOf ? reports : null
  const startedAt = startOf(facts, reported)
  if (startedAt === null) return null

  const { direction, callee, ...parties } = partiesOf(facts, reported)
  const untilEnd = foldUntilEnd(facts, callee)
  const endedAt = untilEnd.endedAt ?? reportedEnd(reported, { all, asOf, callee })
  const legs = withTimes(withResults(untilEnd.legs, { endedAt, reported }), { startedAt, endedAt, reported })
  return {
    direction,
    ...parties,
    state: stateOf(legs, endedAt),
    outcome: endedAt === null ? null : outcomeOf(legs, direction, reported),
    ...timesOf(startedAt, legs, endedAt),
    answeredBy: answeredBy(legs, direction, endedAt === null ? null : reported),
    ...recordingOf(webhooks, reported, asOf),
    lastEventAt: facts.at(-1)?.at ?? endedAt ?? startedAt,
    webhookEvents: webhooks.filter(event => Date.parse(event.occurredAt) <= asOf).length,
    restEvents: known.length - webhooks.length,
    legs
  }
}

const isReport = (event: FoldedCallEvent): event is Folded<CallReported> => event.type === 'call.reported'
const isFromWebhook = (event: FoldedCallEvent): event is Folded<CallEvent> => event.type !== 'call.reported'

/** The webhook of the start takes precedence. Without it, the report may know an earlier start than other webhooks. */
function startOf(facts: CallFact[], reported: MergedReport | null): number | null {
  const first = facts[0]?.at ?? null
  if (!reported || (first !== null && facts.some(fact => fact.type === 'call.started'))) return first
  return Math.min(first ?? Number.POSITIVE_INFINITY, reported.startedAt)
}

/** REST ends only a call without a webhook of its end, now or later, and never before the last of its facts. */
function reportedEnd(
  reported: MergedReport | null,
  { all, asOf, callee }: { all: CallFact[]; asOf: number; callee: string | null }
): number | null {
  if (!reported || reported.endedAt === null || reported.status === null) return null
  const endedAt = Math.max(reported.endedAt, all.at(-1)?.at ?? 0)
  return endedAt > asOf || foldUntilEnd(all, callee).endedAt !== null ? null : endedAt
}

function stateOf(legs: Leg[], endedAt: number | null): Call['state'] {
  if (endedAt !== null) return 'ended'
  const open = legs.filter(isOpen)
  if (open.some(isAnswered)) return 'connected'
  return open.length > 0 ? 'ringing' : 'waiting'
}

/** An answer that only REST reports has no time, unless it follows from a recording. */
function timesOf(
  startedAt: number,
  legs: EndedLeg[],
  endedAt: number | null
): Pick<Call, 'startedAt' | 'answeredAt' | 'endedAt' | 'waitSeconds' | 'talkSeconds'> {
  const answers = legs.flatMap(leg => leg.connectedAt ?? [])
  const answeredAt = answers.length > 0 ? Math.min(...answers) : null
  const isUntimed = answeredAt === null && legs.some(leg => leg.result === 'answered')
  return {
    startedAt,
    answeredAt,
    endedAt,
    waitSeconds: isUntimed ? null : secondsBetween(startedAt, answeredAt ?? endedAt),
    talkSeconds: answeredAt === null ? null : secondsBetween(answeredAt, endedAt)
  }
}

function recordingOf(
  webhooks: readonly Folded<CallEvent>[],
  reported: MergedReport | null,
  asOf: number
): Pick<Call, 'recordingId' | 'recordingLink'> {
  const recorded = webhooks.filter(
    event => (event.recordingId ?? event.recordingLink) && Date.parse(event.occurredAt) <= asOf
  )
  // Most calls have no such webhook: classic accounts never send a recording.
  const newestFirst = recorded.length === 0 ? [] : inOrder(recorded).reverse()
  return {
    recordingId: firstKnown(newestFirst, event => event.recordingId) ?? reported?.recordingId ?? null,
    recordingLink: firstKnown(newestFirst, event => event.recordingLink) ?? reported?.recordingLink ?? null
  }
}

function secondsBetween(from: number, to: number | null): number | null {
  return to === null ? null : (to - from) / 1000
}
