import type { CallFact } from './facts.js'

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
 * @param facts   in provider order, without what comes after the call's end
 * @param callee  the colleague's extension, when the call is internal
 */
export function foldLegs(facts: readonly CallFact[], callee: string | null): Leg[] {
  const course: Course = { legs: [], callee, caller: callerOf(facts, callee) }
  for (const fact of facts) apply(course, fact)
  return course.legs
}

export const isOpen = (leg: Leg): boolean => leg.endedAt === null
export const isAnswered = (leg: Leg): boolean => leg.connectedAt !== null

interface Course {
  legs: Leg[]
  callee: string | null
  /** The extension that dials an outgoing call; '' when none is named. */
  caller: string
}

function apply(course: Course, fact: CallFact): void {
  switch (fact.type) {
    case 'call.started':
      return dial(course, fact)
    case 'call.ringing': {
      if (isCaller(course, fact)) dial(course, fact)
      else begin(course.legs, fact, 'agent')
      return
    }
    case 'call.ring-stopped':
      return stopRinging(course.legs, fact)
    case 'call.connected':
      return connect(course, fact)
    case 'call.completed':
      return complete(course.legs, fact)
    default:
      fact.type satisfies never
  }
}

/**
 * Who dials: named when the call starts, or, of a contact-center account, by the first dialing that is not of the
 * colleague's phone.
 */
function callerOf(facts: readonly CallFact[], callee: string | null): string {
  const outgoing = facts.filter(fact => fact.family === 'outgoing' && fact.extension !== '')
  const first =
    outgoing.find(fact => fact.type === 'call.started') ??
    outgoing.find(fact => fact.type === 'call.ringing' && fact.extension !== callee)
  return first?.extension ?? ''
}

function isCaller({ caller }: Course, fact: CallFact): boolean {
  return fact.family === 'outgoing' && caller !== '' && fact.extension === caller
}

/** The caller dials once; an incoming or callback call starts with no leg. */
function dial(course: Course, fact: CallFact): void {
  if (isCaller(course, fact) && !course.legs.some(leg => leg.role === 'dialer')) begin(course.legs, fact, 'dialer')
}

/**
 * Ends the attempts that began before it, else the one that began at that instant. It never un-answers: in a ring group
 * the phone that answers stops ringing too.
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

/** Answers the latest unanswered attempt, even one that has stopped ringing: the order of the two is undefined. */
function connect({ legs, callee }: Course, fact: CallFact): void {
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
  // In a call between colleagues nobody tells the caller's connection: it is the colleague's.
  if (callee !== null && dialer && dialer.extension !== extension && isOpen(dialer)) answer(dialer, fact.at)
}

/** Ends that leg only: the answered one when there is one, else the attempts still ringing. */
function complete(legs: Leg[], fact: CallFact): void {
  if (!fact.isLeg) return // the call's end, which the caller applies
  const open = legs.filter(leg => isOpen(leg) && (fact.extension === '' || leg.extension === fact.extension))
  const answered = open.filter(isAnswered)
  if (fact.extension === '') {
    if (answered.length === 1) end(answered, fact.at) // of several nobody can say which
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

/** The one extension that could be meant when none is named. */
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
