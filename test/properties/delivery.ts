import type { Random } from '../../src/simulator/random.js'

interface Received {
  receivedAt: string
}

/** The events as they may come: in any order, some several times, the copies received later. */
export function delivered<E extends Received>(events: readonly E[], random: Random): E[] {
  const copies = events.flatMap(event =>
    Array.from({ length: random.chance(0.3) ? random.int(1, 3) : 0 }, () => ({
      ...event,
      receivedAt: later(event.receivedAt, random.int(1, 90_000))
    }))
  )
  return random.shuffled([...events, ...copies])
}

/** A part of them, in any order: what has come until some moment. */
export function someOf<E>(events: readonly E[], random: Random): E[] {
  return random.shuffled(events).slice(0, random.int(0, events.length))
}

function later(instant: string, millis: number): string {
  return new Date(Date.parse(instant) + millis).toISOString()
}
