import type { FoldedRow } from '../../../db/bulk-sql.js'
import type { callLegs } from '../../../db/schema/calls.js'
import type { CallFact } from './facts.js'

/** One attempt to reach an extension. */
export type Leg = Omit<FoldedRow<typeof callLegs>, 'account' | 'callId' | 'result'>

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
      return stopRinging(progress.legs, fact)
    case 'call.connected':
      return connect(progress, fact)
    case 'call.completed':
      return complete(progress.legs, fact)
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
function stopRinging(legs: Leg[], fact: CallFact): void {
  const ringing = legs.filter(
    leg =>
      leg.role === 'agent' &&
      isOpen(leg) &&
      !isAnswered(leg) &&
      (fact.extension === '' || leg.extension === fact.extension)
  )
  const earlier = ringing.filter(leg => (leg.ringingAt ?? 0) < fact.at)
  for (const leg of earlier.length > 0 ? earlier : ringing) leg.endedAt = fact.at
}

/** Answers the latest unanswered attempt, even one that has stopped ringing: the two events have no defined order. */
function connect({ legs, callee }: Progress, fact: CallFact): void {
  const dialer = legs.find(leg => leg.role === 'dialer')
  if (fact.family === 'outgoing' && dialer && (fact.extension === '' || fact.extension === dialer.extension))
    return answer(dialer, fact.at)
  const extension = fact.extension === '' ? onlyRinging(legs) : fact.extension
  const own = legs.filter(leg => leg.extension === extension)
  if (!own.some(leg => isAnswered(leg) && isOpen(leg))) {
    const attempt =
      own.findLast(leg => !isAnswered(leg)) ??
      begin(legs, { ...fact, extension }, fact.family === 'outgoing' && extension !== callee ? 'dialer' : 'agent')
    answer(attempt, fact.at)
  }
  // No event reports the connection of the caller of an internal call: it is that of the colleague.
  if (callee !== null && dialer && dialer.extension !== extension && isOpen(dialer)) answer(dialer, fact.at)
}

/** Ends the leg of the extension: the answered one, or else its ringing attempts. */
function complete(legs: Leg[], fact: CallFact): void {
  if (!fact.isLeg) return // this ends the call: see call-end.ts
  const open = legs.filter(leg => isOpen(leg) && (fact.extension === '' || leg.extension === fact.extension))
  const answered = open.filter(isAnswered)
  if (fact.extension === '') {
    if (answered.length === 1) end(answered, fact.at) // with several answered legs it is unknown which one has ended
    return
  }
  end(answered.length > 0 ? answered : open, fact.at)
}

function end(legs: readonly Leg[], at: number): void {
  for (const leg of legs) leg.endedAt = at
}

function answer(leg: Leg, at: number): void {
  if (isAnswered(leg)) return
  leg.connectedAt = at
  leg.endedAt = null
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
    ringingAt: fact.type === 'call.connected' ? null : fact.at,
    connectedAt: null,
    endedAt: null
  }
  legs.push(leg)
  return leg
}
