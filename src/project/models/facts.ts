import type { Event } from '../../events/event.js'

interface Dated {
  id: string
  occurredAt: string
}

/** Compares text by code units, so that the order is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Oldest first; events of the same instant are ordered by id, so that the order of delivery has no effect. */
export function inOrder<E extends Dated>(events: readonly E[]): E[] {
  return [...events].sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt) || compare(a.id, b.id))
}

/**
 * The newest fact of each route, in the order of `routes`. The order expresses precedence: the first fact that knows a
 * field decides it.
 */
export function newestOfRoutes<E extends Dated & { route: string }>(
  events: readonly E[],
  routes: readonly E['route'][]
): E[] {
  const newest = new Map<string, E>()
  for (const event of inOrder(events)) newest.set(event.route, event)
  return routes.flatMap(route => newest.get(route) ?? [])
}

/** The value of the first fact that has one. */
export function firstKnown<E, V>(facts: readonly E[], valueIn: (fact: E) => V | null | undefined): V | null {
  for (const fact of facts) {
    const value = valueIn(fact)
    if (value !== null && value !== undefined) return value
  }
  return null
}

/** Each event once; of duplicates the one received first, as in the table of events. */
export function distinctById<E extends { id: string; receivedAt: string }>(events: readonly E[]): E[] {
  const byId = new Map<string, E>()
  for (const event of events) {
    const known = byId.get(event.id)
    if (!known || event.receivedAt < known.receivedAt) byId.set(event.id, event)
  }
  return [...byId.values()]
}

/**
 * When the event was seen: when it occurred, or when it was received if the provider's clock was wrong. In milliseconds
 * since 1970.
 */
export function seenAtOf({
  occurredAt,
  receivedAt,
  clock
}: Pick<Event, 'occurredAt' | 'receivedAt' | 'clock'>): number {
  return Date.parse(clock === 'suspect' ? receivedAt : occurredAt)
}

/** When the first of the events was received, in milliseconds since 1970. */
export function firstReceivedAt(events: readonly { receivedAt: string }[]): number {
  return Math.min(...events.map(event => Date.parse(event.receivedAt)))
}

/** An instant of an event in milliseconds since 1970. */
export function millisOf(instant: string): number
export function millisOf(instant: string | null): number | null
export function millisOf(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant)
}
