import type { CallEvent, CallReported } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { distinctById, firstKnown, inOrder } from '../facts.js'
import { courseOf } from './course.js'
import { type CallFact, type FoldedCallEvent, inProviderOrder } from './facts.js'
import { isAnswered, isOpen, type Leg } from './legs.js'
import { answeredBy, type EndedLeg, type Outcome, outcomeOf, withResults } from './outcome.js'
import { type Direction, partiesOf } from './parties.js'
import { mergeReports, type Reported } from './reported.js'
import { withTimes } from './untimed.js'

/** Raise it when the same events give another row: rows below it are folded again. */
export const CALL_FOLD_VERSION = 4

export type CallState = 'waiting' | 'ringing' | 'connected' | 'ended'

/** What the events of one call amount to; times in milliseconds since 1970, durations in seconds. */
export interface Call {
  direction: Direction
  state: CallState
  outcome: Outcome | null
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  startedAt: number
  answeredAt: number | null
  endedAt: number | null
  waitSeconds: number | null
  talkSeconds: number | null
  answeredBy: string | null
  recordingId: string | null
  recordingLink: string | null
  lastEventAt: number
  webhookEvents: number
  restEvents: number
  legs: EndedLeg[]
}

/** Time travel: the state at an instant, by what was known at another. */
export interface Cut {
  /** Facts after it are left out; in milliseconds since 1970. */
  asOf?: number | undefined
  /** Events received after it are left out; in milliseconds since 1970. */
  knownAt?: number | undefined
}

/**
 * The call that these events describe, or null when there are none.
 * Takes the events in any order and with doubles; gives the same call.
 */
export function foldCall(
  events: readonly FoldedCallEvent[],
  { asOf = Number.POSITIVE_INFINITY, knownAt = Number.POSITIVE_INFINITY }: Cut = {}
): Call | null {
  const known = distinctById(events).filter(event => Date.parse(event.receivedAt) <= knownAt)
  const webhooks = known.filter(isWebhooks)
  const all = inProviderOrder(webhooks)
  const facts = asOf === Number.POSITIVE_INFINITY ? all : all.filter(fact => fact.at <= asOf)
  const reports = mergeReports(known.filter(isReport))
  const reported = reports && reports.startedAt <= asOf ? reports : null
  const startedAt = startOf(facts, reported)
  if (startedAt === null) return null

  const { direction, callee, ...parties } = partiesOf(facts, reported)
  const course = courseOf(facts, callee)
  const endedAt = course.endedAt ?? reportedEnd(reported, { all, asOf, callee })
  const legs = withTimes(withResults(course.legs, { endedAt, reported }), { startedAt, endedAt, reported })
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
const isWebhooks = (event: FoldedCallEvent): event is Folded<CallEvent> => event.type !== 'call.reported'

/** A webhook that tells of the start knows best; where it was missed, the report may know an earlier one. */
function startOf(facts: CallFact[], reported: Reported | null): number | null {
  const first = facts[0]?.at ?? null
  if (!reported || (first !== null && facts.some(fact => fact.type === 'call.started'))) return first
  return Math.min(first ?? Number.POSITIVE_INFINITY, reported.startedAt)
}

/** REST closes only a call whose end no webhook tells, now or later, and never before the last of its facts. */
function reportedEnd(
  reported: Reported | null,
  { all, asOf, callee }: { all: CallFact[]; asOf: number; callee: string | null }
): number | null {
  if (!reported || reported.endedAt === null || reported.status === null) return null
  const endedAt = Math.max(reported.endedAt, all.at(-1)?.at ?? 0)
  return endedAt > asOf || courseOf(all, callee).endedAt !== null ? null : endedAt
}

function stateOf(legs: Leg[], endedAt: number | null): CallState {
  if (endedAt !== null) return 'ended'
  const open = legs.filter(isOpen)
  if (open.some(isAnswered)) return 'connected'
  return open.length > 0 ? 'ringing' : 'waiting'
}

/** An answer that only REST knows has no time, unless a recording tells it. */
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
  reported: Reported | null,
  asOf: number
): Pick<Call, 'recordingId' | 'recordingLink'> {
  const told = webhooks.filter(
    event => (event.recordingId ?? event.recordingLink) && Date.parse(event.occurredAt) <= asOf
  )
  const newestFirst = told.length === 0 ? [] : inOrder(told).reverse() // classic accounts tell of none
  return {
    recordingId: firstKnown(newestFirst, event => event.recordingId) ?? reported?.recordingId ?? null,
    recordingLink: firstKnown(newestFirst, event => event.recordingLink) ?? reported?.recordingLink ?? null
  }
}

function secondsBetween(from: number, to: number | null): number | null {
  return to === null ? null : (to - from) / 1000
}
