import type { CallEvent, CallReported } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { compare } from '../facts.js'

/** All that the entity of a call may have. */
export type FoldedCallEvent = Folded<CallEvent | CallReported>

/** What a fold looks at: times as milliseconds since 1970, '' for an extension that was not named. */
export interface CallFact {
  id: string
  type: CallEvent['type']
  family: CallEvent['family']
  extension: string
  /** It tells of a leg, be it without naming it. */
  isLeg: boolean
  /**
   * Contact-center accounts tell a caller's leg and the call apart; a classic one ends the call with its caller's leg.
   */
  isLegOnly: boolean
  at: number
  from: string | null
  to: string | null
}

/** At the same instant a call starts before it rings, and a leg ends before the call. */
const RANK: Record<CallFact['type'], number> = {
  'call.started': 0,
  'call.ringing': 1,
  'call.ring-stopped': 2,
  'call.connected': 3,
  'call.completed': 4
}

/**
 * The facts in MightyCall's own order, without doubles: delivery order is undefined, so only the provider's times count
 * (source: MightyCall API v4, WebHook Notifications). An event that repeats type, extension and time says nothing new.
 */
export function inProviderOrder(events: readonly Folded<CallEvent>[]): CallFact[] {
  const sorted = events
    .map(factOf)
    .sort(
      (a, b) =>
        a.at - b.at ||
        rankOf(a) - rankOf(b) ||
        compare(a.extension, b.extension) ||
        compare(a.family, b.family) ||
        compare(a.id, b.id)
    )
  return sorted.filter((fact, i) => {
    const before = sorted[i - 1]
    return (
      !before ||
      before.type !== fact.type ||
      before.family !== fact.family ||
      before.extension !== fact.extension ||
      before.isLeg !== fact.isLeg ||
      before.isLegOnly !== fact.isLegOnly ||
      before.at !== fact.at
    )
  })
}

/**
 * A completed event without an extension ends the whole call, with one the leg; so does one of a contact-center agent
 * in any case.
 */
export function endsCall(fact: CallFact): boolean {
  return fact.type === 'call.completed' && !fact.isLeg
}

function factOf(event: Folded<CallEvent>): CallFact {
  const { id, type, family, occurredAt, from, to } = event
  const extension = event.extension ?? ''
  return {
    id,
    type,
    family,
    extension,
    isLeg: extension !== '' || event.scope === 'leg',
    isLegOnly: event.scope === 'leg',
    at: Date.parse(occurredAt),
    from,
    to
  }
}

function rankOf(fact: CallFact): number {
  return endsCall(fact) ? 5 : RANK[fact.type]
}
