import type { FoldedRow } from '../../../db/bulk-sql.js'
import type { callLegs } from '../../../db/schema/calls.js'
import type { CallFact } from './facts.js'

/** One attempt to reach an extension. */
export interface Leg extends Omit<FoldedRow<typeof callLegs>, 'account' | 'callId' | 'result' | 'answeredElsewhere'> {
  /** When the phone stopped ringing; null when that is not known. */
  stoppedAt: number | null
  /** When the leg was completed, even if it had stopped ringing before; null when that is not known. */
  completedAt: number | null
}

/**
 * Folds the facts of a call into its legs, in the order in which they began. Open legs have no end.
 * @param facts   in provider order, without those after the end of the call
 * @param callee  the extension that an internal call reaches
 */
export function foldLegs(facts: readonly CallFact[], callee: string | null): Leg[] {
  const progress: Progress = { legs: [], callee, caller: callerOf(facts, callee) }
  for (const fact of facts) apply(progress, fact)
  return progress.legs
}

export const isOpen = (leg: Leg): boolean => leg.endedAt === null
export const isAnswered = (leg: Leg): boolean => leg.connectedAt !== null

interface Progress {
  legs: Leg[]
  callee: string | null
  /** The extension that dials an outgoing call; '' when it is not named. */
  caller: string
}

function apply(progress: Progress, fact: CallFact): void {
  switch (fact.type) {
    case 'call.started':
      return dial(progress, fact)
    case 'call.ringing': {
      if (isCaller(progress, fact)) dial(progress, fact)
      else begin(progress.legs, fact, 'agent')
      return
    }
    case 'call.ring-stopped':
      return stopRinging(progress, fact)
    case 'call.connected':
      return connect(progress, fact)
    case 'call.completed':
      return complete(progress, fact)
    default:
      fact.type satisfies never
  }
}

/**
 * The extension that dials: the one named when the call starts, or, in contact-center accounts, the first one that
 * rings and is not the called colleague.
 */
function callerOf(facts: readonly CallFact[], callee: string | null): string {
  const outgoing = facts.filter(fact => fact.family === 'outgoing' && fact.extension !== '')
  const first =
    outgoing.find(fact => fact.type === 'call.started') ??
    outgoing.find(fact => fact.type === 'call.ringing' && fact.extension !== callee)
  return first?.extension ?? ''
}

function isCaller({ caller }: Progress, fact: CallFact): boolean {
  return fact.family === 'outgoing' && caller !== '' && fact.extension === caller
}

/** The caller has one leg. An incoming or callback call starts without a leg. */
function dial(progress: Progress, fact: CallFact): void {
  if (isCaller(progress, fact) && !progress.legs.some(leg => leg.role === 'dialer'))
    begin(progress.legs, fact, 'dialer')
}

/**
 * Ends the attempts that began earlier, or else the one that began at the same instant. An answered leg is not
 * affected: in a ring group the phone that answers stops ringing as well.
 */
function stopRinging(progress: Progress, fact: CallFact): void {
  const { legs } = progress
  if (isFirstOfLeg(progress, fact)) beginLost(progress, fact).stoppedAt = fact.at
  const ringing = legs.filter(
    leg =>
      leg.role === 'agent' &&
      isOpen(leg) &&
      !isAnswered(leg) &&
      (fact.extension === '' || leg.extension === fact.extension)
  )
  const earlier = ringing.filter(leg => (leg.ringingAt ?? 0) < fact.at)
  for (const leg of earlier.length > 0 ? earlier : ringing) {
    leg.endedAt = fact.at
    leg.stoppedAt = fact.at
  }
}

/**
 * Returns whether an event that ends a leg is the first of its leg: all events before it were lost. A phone also rings
 * again after its conversation has ended. Without an extension, the event must be the first of all legs.
 */
function isFirstOfLeg({ legs }: Progress, fact: CallFact): boolean {
  if (fact.extension === '') return fact.family !== 'outgoing' && legs.length === 0
  const own = legs.filter(leg => leg.extension === fact.extension)
  return own.every(
    leg => fact.type === 'call.ring-stopped' && isAnswered(leg) && leg.endedAt !== null && leg.endedAt < fact.at
  )
}

/** Begins a leg at an unknown time and ends it. */
function beginLost(progress: Progress, fact: CallFact): Leg {
  const leg = begin(progress.legs, fact, roleOf(progress, fact))
  leg.endedAt = fact.at
  return leg
}

/** Outgoing events concern the caller, unless they name the called colleague or another extension dials. */
function roleOf({ legs, callee }: Progress, { family, extension }: CallFact): Leg['role'] {
  return family === 'outgoing' && extension !== callee && !legs.some(leg => leg.role === 'dialer') ? 'dialer' : 'agent'
}

/** Answers the latest unanswered attempt, even one that has stopped ringing: the two events have no defined order. */
function connect(progress: Progress, fact: CallFact): void {
  const { legs, callee } = progress
  const dialer = legs.find(leg => leg.role === 'dialer')
  if (fact.family === 'outgoing' && dialer && (fact.extension === '' || fact.extension === dialer.extension))
    return answer(dialer, fact.at)
  const extension = fact.extension === '' ? onlyRinging(legs) : fact.extension
  const own = legs.filter(leg => leg.extension === extension)
  if (!own.some(leg => isAnswered(leg) && isOpen(leg))) {
    const attempt =
      own.findLast(leg => !isAnswered(leg)) ??
      begin(legs, { ...fact, extension }, roleOf(progress, { ...fact, extension }))
    answer(attempt, fact.at)
  }
  // No event reports the connection of the caller of an internal call: it is that of the colleague.
  if (callee !== null && dialer && dialer.extension !== extension && isOpen(dialer)) answer(dialer, fact.at)
}

/** Ends the leg of the extension: the answered one, or else its ringing attempts. */
function complete(progress: Progress, fact: CallFact): void {
  if (!fact.isLeg) return // this ends the call: see call-end.ts
  const { legs, callee } = progress
  if (isFirstOfLeg(progress, fact)) {
    const leg = beginLost(progress, fact)
    leg.completedAt = fact.at
    if (callee !== null && leg.role === 'dialer') leg.connectedAt = legs.find(isAnswered)?.connectedAt ?? null
    return
  }
  const open = legs.filter(leg => isOpen(leg) && (fact.extension === '' || leg.extension === fact.extension))
  const answered = open.filter(isAnswered)
  if (fact.extension === '') {
    if (answered.length === 1) end(answered, fact.at) // with several answered legs it is unknown which one has ended
    return
  }
  const last = legs.findLast(leg => leg.extension === fact.extension)
  if (open.length === 0 && last && !isAnswered(last)) last.completedAt = fact.at
  end(answered.length > 0 ? answered : open, fact.at)
}

function end(legs: readonly Leg[], at: number): void {
  for (const leg of legs) {
    leg.endedAt = at
    leg.completedAt = at
  }
}

function answer(leg: Leg, at: number): void {
  if (isAnswered(leg)) return
  leg.connectedAt = at
  leg.endedAt = null
  leg.completedAt = null
}

/** The only ringing extension, which an event without an extension must concern; '' when there are several. */
function onlyRinging(legs: Leg[]): string {
  const ringing = new Set(legs.filter(leg => isOpen(leg) && !isAnswered(leg)).map(leg => leg.extension))
  const [only] = ringing
  return ringing.size === 1 && only !== undefined ? only : ''
}

function begin(legs: Leg[], fact: CallFact, role: Leg['role']): Leg {
  const attempt = legs.filter(leg => leg.extension === fact.extension).length + 1
  const leg: Leg = {
    extension: fact.extension,
    attempt,
    role,
    ringingAt: fact.type === 'call.started' || fact.type === 'call.ringing' ? fact.at : null,
    connectedAt: null,
    endedAt: null,
    stoppedAt: null,
    completedAt: null
  }
  legs.push(leg)
  return leg
}
