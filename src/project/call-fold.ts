import { isE164 } from '../events/text.js'
import { type CallFact, endsCall, type FoldedCallEvent, inProviderOrder } from './call-facts.js'
import { foldLegs, isAnswered, isOpen, type Leg } from './call-legs.js'

/** Raise it when the same events give another row: rows below it are folded again. */
export const CALL_FOLD_VERSION = 1

export type Direction = 'inbound' | 'outbound' | 'callback' | 'internal'
export type CallState = 'waiting' | 'ringing' | 'connected' | 'ended'
export type Outcome = 'answered' | 'missed' | 'abandoned' | 'unanswered'

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
  lastEventAt: number
  webhookEvents: number
  restEvents: number
  legs: Leg[]
}

/**
 * The call that these events describe, or null when there are none.
 * Takes the events in any order and with doubles; gives the same call.
 */
export function foldCall (events: readonly FoldedCallEvent[]): Call | null {
  const distinct = distinctById(events)
  const facts = inProviderOrder(distinct)
  const [first] = facts
  const last = facts.at(-1)
  if (!first || !last) return null
  const { direction, ...parties } = partiesOf(facts)
  const { legs, endedAt } = courseOf(facts, direction)
  const webhookEvents = distinct.filter(event => event.source === 'webhook').length
  return {
    direction,
    ...parties,
    state: stateOf(legs, endedAt),
    outcome: endedAt === null ? null : outcomeOf(legs, direction),
    ...timesOf(first.at, legs, endedAt),
    answeredBy: answeredBy(legs, direction),
    lastEventAt: last.at,
    webhookEvents,
    restEvents: distinct.length - webhookEvents,
    legs
  }
}

/** Of two copies the first received counts, as in the table of events. */
function distinctById (events: readonly FoldedCallEvent[]): FoldedCallEvent[] {
  const byId = new Map<string, FoldedCallEvent>()
  for (const event of events) {
    const known = byId.get(event.id)
    if (!known || event.receivedAt < known.receivedAt) byId.set(event.id, event)
  }
  return [...byId.values()]
}

/** The legs, cut at the call's end: what comes after it re-opens nothing. */
function courseOf (facts: CallFact[], direction: Direction): { legs: Leg[], endedAt: number | null } {
  const internal = direction === 'internal'
  const completed = facts.findIndex(endsCall)
  const within = completed === -1 ? facts : facts.slice(0, completed + 1)
  const legs = foldLegs(within, internal)
  const hungUp = within.findIndex(fact => isHangUp(fact, legs))
  const end = hungUp === -1 ? completed : hungUp
  const endedAt = facts[end]?.at ?? null
  if (endedAt === null) return { legs, endedAt }
  const ended = foldLegs(facts.slice(0, end + 1), internal)
  for (const leg of ended) leg.endedAt ??= endedAt
  return { legs: ended, endedAt }
}

/** An outgoing call also ends when its caller hangs up while no other leg is open or opens later. */
function isHangUp (fact: CallFact, legs: Leg[]): boolean {
  if (fact.type !== 'call.completed' || fact.extension === '') return false
  const dialer = legs.find(leg => leg.role === 'dialer')
  // Without OutgoingCall, which may be lost, nobody dials; but the extension of OutgoingCallCompleted is the caller's.
  if (dialer ? fact.extension !== dialer.extension : fact.family !== 'outgoing') return false
  const others = legs.filter(leg => dialer ? leg !== dialer : leg.extension !== fact.extension)
  return !others.some(leg => leg.endedAt === null || leg.endedAt > fact.at)
}

function partiesOf (facts: CallFact[]): Pick<Call, 'direction' | 'businessNumber' | 'clientNumber' | 'clientName'> {
  const family = (['callback', 'outgoing', 'incoming'] as const).find(family => facts.some(fact => fact.family === family)) ?? 'incoming'
  const own = [...facts.filter(fact => fact.family === family), ...facts]
  const from = own.find(fact => fact.from !== null)?.from ?? null
  const to = own.find(fact => fact.to !== null)?.to ?? null
  if (family === 'incoming') return { direction: 'inbound', businessNumber: to, ...clientOf(from) }
  if (family === 'outgoing' && isExtension(to)) return { direction: 'internal', businessNumber: from, ...clientOf(null) }
  return { direction: family === 'callback' ? 'callback' : 'outbound', businessNumber: from, ...clientOf(to) }
}

/** A site widget calls under its name, which is no number (source: MightyCall API v4, WebHook Notifications). */
function clientOf (party: string | null): Pick<Call, 'clientNumber' | 'clientName'> {
  const isNumber = party !== null && (isE164(party) || /^\+?\d+$/.test(party))
  return { clientNumber: isNumber ? party : null, clientName: isNumber ? null : party }
}

function isExtension (party: string | null): boolean {
  return party !== null && /^\d{1,6}$/.test(party)
}

function stateOf (legs: Leg[], endedAt: number | null): CallState {
  if (endedAt !== null) return 'ended'
  const open = legs.filter(isOpen)
  if (open.some(isAnswered)) return 'connected'
  return open.length > 0 ? 'ringing' : 'waiting'
}

/** Webhooks cannot tell a voicemail from a missed call. */
function outcomeOf (legs: Leg[], direction: Direction): Outcome {
  if (legs.some(isAnswered)) return 'answered'
  if (direction !== 'inbound') return 'unanswered'
  return legs.length > 0 ? 'missed' : 'abandoned'
}

function timesOf (startedAt: number, legs: Leg[], endedAt: number | null): Pick<Call, 'startedAt' | 'answeredAt' | 'endedAt' | 'waitSeconds' | 'talkSeconds'> {
  const answers = legs.flatMap(leg => leg.connectedAt ?? [])
  const answeredAt = answers.length > 0 ? Math.min(...answers) : null
  return {
    startedAt,
    answeredAt,
    endedAt,
    waitSeconds: secondsBetween(startedAt, answeredAt ?? endedAt),
    talkSeconds: answeredAt === null ? null : secondsBetween(answeredAt, endedAt)
  }
}

/** The first extension that talked: outbound the caller's own, between colleagues the one who was called. */
function answeredBy (legs: Leg[], direction: Direction): string | null {
  const talked = legs.filter(leg => isAnswered(leg) && !(direction === 'internal' && leg.role === 'dialer'))
  const first = talked.reduce<Leg | null>((first, leg) => first && (first.connectedAt ?? 0) <= (leg.connectedAt ?? 0) ? first : leg, null)
  return first?.extension || null
}

function secondsBetween (from: number, to: number | null): number | null {
  return to === null ? null : (to - from) / 1000
}
