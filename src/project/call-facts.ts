import type { CallEvent } from '../events/call.js'

/** A fold never looks at what MightyCall sent, only at what was normalized. */
export type FoldedCallEvent = Omit<CallEvent, 'raw' | 'rawEncoding'>

/** What a fold looks at: times as milliseconds since 1970, '' for an extension that was not named. */
export interface CallFact {
  id: string
  type: CallEvent['type']
  family: CallEvent['family']
  extension: string
  at: number
  from: string | null
  to: string | null
}

/** At the same instant a call starts before it rings, and a leg ends before the call. */
const RANK: Record<CallFact['type'], number> = { 'call.started': 0, 'call.ringing': 1, 'call.ring-stopped': 2, 'call.connected': 3, 'call.completed': 4 }

/**
 * The facts in MightyCall's own order, without doubles: delivery order is undefined, so only the provider's times count
 * (source: MightyCall API v4, WebHook Notifications). An event that repeats type, extension and time says nothing new.
 */
export function inProviderOrder (events: readonly FoldedCallEvent[]): CallFact[] {
  const sorted = events.map(factOf).sort((a, b) => a.at - b.at || rankOf(a) - rankOf(b) || compare(a.extension, b.extension) || compare(a.family, b.family) || compare(a.id, b.id))
  return sorted.filter((fact, i) => {
    const before = sorted[i - 1]
    return !before || before.type !== fact.type || before.family !== fact.family || before.extension !== fact.extension || before.at !== fact.at
  })
}

/** A completed event without an extension ends the whole call, with one the leg. */
export function endsCall (fact: CallFact): boolean {
  return fact.type === 'call.completed' && fact.extension === ''
}

function factOf (event: FoldedCallEvent): CallFact {
  const { id, type, family, extension, occurredAt, from, to } = event
  return { id, type, family, extension: extension ?? '', at: Date.parse(occurredAt), from, to }
}

function rankOf (fact: CallFact): number {
  return endsCall(fact) ? 5 : RANK[fact.type]
}

function compare (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
