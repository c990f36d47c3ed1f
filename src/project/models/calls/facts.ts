import type { FoldedRow } from '../../../db/bulk-sql.js'
import type { callHistory } from '../../../db/schema/calls.js'
import type { CallEvent } from '../../../events/call.js'
import type { EventsOfKind, Folded } from '../../../events/event.js'
import { compare, seenAtOf } from '../facts.js'

/** The events that a call can have, as a fold sees them. */
export type FoldedCallEvent = Folded<EventsOfKind['call']>

/** A row of `call_history` as the fold computes it. */
export type CallRow = FoldedRow<typeof callHistory>

/** A webhook event of a call, reduced to what the fold uses. */
export interface CallFact {
  id: string
  type: CallEvent['type']
  family: CallEvent['family']
  /** '' when the event names none. */
  extension: string
  /** The event concerns a leg, even when it does not name the extension. */
  isLeg: boolean
  /**
   * The event never ends the call. Contact-center accounts report the end of the caller's leg and of the call
   * separately, whereas in classic accounts the end of the caller's leg also ends the call.
   */
  isLegOnly: boolean
  /** The duration of the call or leg that ended; 0 when it is not reported. */
  durationMs: number
  /** When it occurred, in milliseconds since 1970. */
  at: number
  /** When it was received, if its time is by a wrong clock; otherwise the same as `at`. */
  seenAt: number
  from: string | null
  to: string | null
}

/** The order of events of the same instant: a call starts before it rings, and a leg ends before the call. */
const RANK: Record<CallFact['type'], number> = {
  'call.started': 0,
  'call.ringing': 1,
  'call.ring-stopped': 2,
  'call.connected': 3,
  'call.completed': 4
}

/**
 * The facts in the order of the provider's times, since the order of delivery is undefined (source: MightyCall API v4,
 * WebHook Notifications). An event that repeats the type, extension and time of another is dropped.
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
        a.durationMs - b.durationMs ||
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
      before.durationMs !== fact.durationMs ||
      before.at !== fact.at
    )
  })
}

/** A `completed` event ends the call unless it concerns a leg: it names an extension or a contact-center agent. */
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
    durationMs: Math.round((event.durationSeconds ?? 0) * 1000),
    at: Date.parse(occurredAt),
    seenAt: seenAtOf(event),
    from,
    to
  }
}

function rankOf(fact: CallFact): number {
  return endsCall(fact) ? 5 : RANK[fact.type]
}
