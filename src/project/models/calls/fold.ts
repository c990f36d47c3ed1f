import type { StatisticsColumn } from '../../../db/schema/calls.js'
import type { CallEvent, CallReported } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { distinctById, firstKnown, inOrder } from '../facts.js'
import { type CallSpan, firstAnswerIn, withAnswerTime } from './answer.js'
import { foldUntilEnd } from './call-end.js'
import { isOfConversation, type Measured, measuredIn, withMeasuredAnswer } from './durations.js'
import { type CallFact, type CallRow, type FoldedCallEvent, inProviderOrder } from './facts.js'
import { isAnswered, isOpen, type Leg } from './legs.js'
import { type EndedLeg, outcomeOf, withResults } from './outcome.js'
import { partiesOf } from './parties.js'
import { type MergedReport, mergeReports } from './reported.js'
import { isLostInTransfer, talkMillis } from './talk.js'

/** What the events of one call amount to. */
export interface Call extends Omit<CallRow, 'account' | 'callId' | StatisticsColumn> {
  legs: CallLeg[]
}

/** A row of `call_legs` as the fold computes it, without its call. */
export type CallLeg = Omit<EndedLeg, 'stoppedAt' | 'completedAt'>

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
  const measured = measuredIn(all)
  const start = startOf(facts, { reported, measured, asOf })
  if (start === null) return null
  const { startedAt } = start

  const { direction, callee, ...parties } = partiesOf(facts, reported)
  const untilEnd = foldUntilEnd(facts, callee)
  const endedAt = untilEnd.endedAt ?? reportedEnd(reported, { all, asOf, callee })
  const recording = recordingOf(webhooks, reported, asOf)
  const span = { direction, startedAt, endedAt, reported: endedAt === null ? null : reported }
  const legs = legsOf(untilEnd.legs, { span, start, measured, isRecorded: isKnown(recording) })
  return {
    direction,
    ...parties,
    state: stateOf(legs, endedAt),
    outcome: endedAt === null ? null : outcomeOf(legs, direction, reported),
    ...timesOf(legs, span, start),
    lostInTransfer: endedAt !== null && isLostInTransfer(legs),
    ...recording,
    lastEventAt: lastSeenAt(facts) ?? endedAt ?? startedAt,
    webhookEvents: webhooks.filter(event => Date.parse(event.occurredAt) <= asOf).length,
    restEvents: known.length - webhooks.length,
    legs: legs.map(({ stoppedAt: _, completedAt: __, ...leg }) => leg)
  }
}

/** The newest time by a clock that is right; without any, when the last fact was received. */
function lastSeenAt(facts: readonly CallFact[]): number | null {
  return facts.findLast(fact => fact.seenAt === fact.at)?.at ?? facts.at(-1)?.seenAt ?? null
}

const isReport = (event: FoldedCallEvent): event is Folded<CallReported> => event.type === 'call.reported'
const isFromWebhook = (event: FoldedCallEvent): event is Folded<CallEvent> => event.type !== 'call.reported'

interface Start {
  startedAt: number
  /** True when the start only follows from the duration of the call. */
  isDerived: boolean
}

/**
 * The webhook of the start takes precedence. Without it, REST may know an earlier start than other webhooks, and
 * without REST the duration of the call may date it.
 */
function startOf(
  facts: CallFact[],
  { reported, measured, asOf }: { reported: MergedReport | null; measured: Measured | null; asOf: number }
): Start | null {
  const first = facts[0]?.at ?? Number.POSITIVE_INFINITY
  if (facts.some(fact => fact.type === 'call.started')) return { startedAt: first, isDerived: false }
  const derived = measured && !reported?.isStartReported && measured.beganAt <= asOf ? measured.beganAt : null
  const startedAt = Math.min(first, reported?.startedAt ?? first, derived ?? first)
  return startedAt === Number.POSITIVE_INFINITY
    ? null
    : { startedAt, isDerived: startedAt === derived && derived < first }
}

/** The legs with what REST reports of them, or what the duration of a recorded call tells. */
function legsOf(
  legs: readonly Leg[],
  {
    span,
    start,
    measured,
    isRecorded
  }: {
    span: CallSpan
    start: Start
    measured: Measured | null
    isRecorded: boolean
  }
): readonly EndedLeg[] {
  const { endedAt, reported } = span
  const results = withResults(legs, span)
  if (endedAt === null) return results
  const evidence = isRecorded ? measured : null
  const answered =
    evidence && (reported?.status ?? null) === null
      ? withMeasuredAnswer(results, evidence, { ...span, endedAt })
      : results
  const { recordingSeconds = null } = reported ?? {}
  if (recordingSeconds !== null) return withAnswerTime(answered, span, endedAt - recordingSeconds * 1000)
  const isDated = evidence && isOfConversation(evidence, start.isDerived ? null : start.startedAt)
  return withAnswerTime(answered, span, isDated ? evidence.beganAt : null)
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

function stateOf(legs: readonly Leg[], endedAt: number | null): Call['state'] {
  if (endedAt !== null) return 'ended'
  const open = legs.filter(isOpen)
  if (open.some(isAnswered)) return 'connected'
  return open.length > 0 ? 'ringing' : 'waiting'
}

/** Nothing is said of times that are unknown: an answer may have none, and then the wait has no length. */
function timesOf(
  legs: readonly EndedLeg[],
  span: CallSpan,
  start: Start
): Pick<Call, 'startedAt' | 'answeredAt' | 'endedAt' | 'waitSeconds' | 'talkSeconds' | 'answeredBy'> {
  const { startedAt, endedAt, direction, reported } = span
  const first = firstAnswerIn(legs, span)
  const answeredAt = first?.connectedAt ?? null
  const isAnswered = first !== null || (endedAt !== null && outcomeOf(legs, direction, reported) === 'answered')
  const waitedUntil = isAnswered ? answeredAt : endedAt
  const talk = talkMillis(legs, span)
  return {
    startedAt,
    answeredAt,
    endedAt,
    waitSeconds: waitedUntil === null || (isAnswered && start.isDerived) ? null : (waitedUntil - startedAt) / 1000,
    talkSeconds: talk === null ? null : talk / 1000,
    answeredBy: first?.extension || null
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

function isKnown({ recordingId, recordingLink }: Pick<Call, 'recordingId' | 'recordingLink'>): boolean {
  return recordingId !== null || recordingLink !== null
}
