import type { CallFact } from './call-facts.js'

/** One attempt to reach an extension; times in milliseconds since 1970. */
export interface Leg {
  extension: string
  attempt: number
  role: 'agent' | 'dialer'
  ringingAt: number | null
  connectedAt: number | null
  endedAt: number | null
}

/**
 * The legs that the facts of a call describe, in the order in which they began; legs still open have no end.
 * @param facts  in provider order, without what comes after the call's end
 */
export function foldLegs (facts: readonly CallFact[], internal: boolean): Leg[] {
  const legs: Leg[] = []
  for (const fact of facts) apply(legs, fact, internal)
  return legs
}

export const isOpen = (leg: Leg): boolean => leg.endedAt === null
export const isAnswered = (leg: Leg): boolean => leg.connectedAt !== null

function apply (legs: Leg[], fact: CallFact, internal: boolean): void {
  switch (fact.type) {
    case 'call.started': return start(legs, fact)
    case 'call.ringing': {
      begin(legs, fact, 'agent')
      return
    }
    case 'call.ring-stopped': return stopRinging(legs, fact)
    case 'call.connected': return connect(legs, fact, internal)
    case 'call.completed': return complete(legs, fact)
    default: fact.type satisfies never
  }
}

/** The extension of an outgoing call dials; an incoming or callback call starts with no leg. */
function start (legs: Leg[], fact: CallFact): void {
  if (fact.family === 'outgoing' && fact.extension !== '' && !legs.some(leg => leg.role === 'dialer')) begin(legs, fact, 'dialer')
}

/** Ends the attempts that began before it, else the one that began at that instant. It never un-answers: in a ring group the phone that answers stops ringing too. */
function stopRinging (legs: Leg[], fact: CallFact): void {
  const ringing = legs.filter(leg => leg.role === 'agent' && isOpen(leg) && !isAnswered(leg) && (fact.extension === '' || leg.extension === fact.extension))
  const earlier = ringing.filter(leg => (leg.ringingAt ?? 0) < fact.at)
  for (const leg of earlier.length > 0 ? earlier : ringing) leg.endedAt = fact.at
}

/** Answers the latest unanswered attempt, even one that has stopped ringing: the order of the two is undefined. */
function connect (legs: Leg[], fact: CallFact, internal: boolean): void {
  const dialer = legs.find(leg => leg.role === 'dialer')
  if (fact.family === 'outgoing' && dialer && (fact.extension === '' || fact.extension === dialer.extension)) return answer(dialer, fact.at)
  const extension = fact.extension === '' ? onlyRinging(legs) : fact.extension
  const own = legs.filter(leg => leg.extension === extension)
  if (!own.some(leg => isAnswered(leg) && isOpen(leg))) {
    const attempt = own.findLast(leg => !isAnswered(leg)) ?? begin(legs, { ...fact, extension }, fact.family === 'outgoing' ? 'dialer' : 'agent')
    answer(attempt, fact.at)
  }
  // In a call between colleagues nobody tells the caller's connection: it is the colleague's.
  if (internal && dialer && dialer.extension !== extension && isOpen(dialer)) answer(dialer, fact.at)
}

/** Ends that leg only: the answered one when there is one, else the attempts still ringing. */
function complete (legs: Leg[], fact: CallFact): void {
  if (fact.extension === '') return // the call's end, which the caller applies
  const open = legs.filter(leg => leg.extension === fact.extension && isOpen(leg))
  const answered = open.filter(isAnswered)
  for (const leg of answered.length > 0 ? answered : open) leg.endedAt = fact.at
}

function answer (leg: Leg, at: number): void {
  if (isAnswered(leg)) return
  leg.connectedAt = at
  leg.endedAt = null
}

/** The one extension that could be meant when none is named. */
function onlyRinging (legs: Leg[]): string {
  const ringing = new Set(legs.filter(leg => isOpen(leg) && !isAnswered(leg)).map(leg => leg.extension))
  const [only] = ringing
  return ringing.size === 1 && only !== undefined ? only : ''
}

function begin (legs: Leg[], fact: CallFact, role: Leg['role']): Leg {
  const attempt = legs.filter(leg => leg.extension === fact.extension).length + 1
  const leg: Leg = { extension: fact.extension, attempt, role, ringingAt: fact.type === 'call.connected' ? null : fact.at, connectedAt: null, endedAt: null }
  legs.push(leg)
  return leg
}
