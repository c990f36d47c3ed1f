import type { Random } from '../../src/simulator/random.js'

interface Received {
  receivedAt: string
}

/** Returns the events in any order, some several times with a later time of receipt. */
export function shuffledWithCopies<E extends Received>(events: readonly E[], random: Random): E[] {
  const copies = events.flatMap(event =>
    Array.from({ length: random.chance(0.3) ? random.int(1, 3) : 0 }, () => ({
      ...event,
      receivedAt: later(event.receivedAt, random.int(1, 90_000))
    }))
  )
  return random.shuffled([...events, ...copies])
}

/** Returns a random subset of the events in any order. */
export function randomSubset<E>(events: readonly E[], random: Random): E[] {
  return random.shuffled(events).slice(0, random.int(0, events.length))
}

function later(instant: string, delayMs: number): string {
  return new Date(Date.parse(instant) + delayMs).toISOString()
}
