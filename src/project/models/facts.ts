interface Dated {
  id: string
  occurredAt: string
}

/** Text in the order of its code units, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Oldest first; at one instant by id, so that the order of delivery never shows. */
export function inOrder<E extends Dated>(events: readonly E[]): E[] {
  return [...events].sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt) || compare(a.id, b.id))
}

/**
 * What the routes say now: the newest fact of each, in the order in which the routes are named.
 * The first that knows a field decides it.
 */
export function newestOfRoutes<E extends Dated & { route: string }>(
  events: readonly E[],
  routes: readonly E['route'][]
): E[] {
  const newest = new Map<string, E>()
  for (const event of inOrder(events)) newest.set(event.route, event)
  return routes.flatMap(route => newest.get(route) ?? [])
}

/** The first of them that is known. */
export function firstKnown<E, V>(facts: readonly E[], of: (fact: E) => V | null | undefined): V | null {
  for (const fact of facts) {
    const value = of(fact)
    if (value !== null && value !== undefined) return value
  }
  return null
}

/** Of two copies the first received counts, as in the table of events. */
export function distinctById<E extends { id: string; receivedAt: string }>(events: readonly E[]): E[] {
  const byId = new Map<string, E>()
  for (const event of events) {
    const known = byId.get(event.id)
    if (!known || event.receivedAt < known.receivedAt) byId.set(event.id, event)
  }
  return [...byId.values()]
}

/** When we first heard of it. */
export function firstReceivedAt(events: readonly { receivedAt: string }[]): number {
  return Math.min(...events.map(event => Date.parse(event.receivedAt)))
}

/** An instant of a fold as the database takes it. */
export function iso(millis: number): string
export function iso(millis: number | null): string | null
export function iso(millis: number | null): string | null {
  return millis === null ? null : new Date(millis).toISOString()
}

/** An instant of an event as a fold counts it. */
export function millisOf(instant: string): number
export function millisOf(instant: string | null): number | null
export function millisOf(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant)
}
