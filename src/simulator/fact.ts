import { formatInstant } from './instant.js'
import type { Random } from './random.js'

/** Whose company, and when. */
export interface Setting {
  account: string
  random: Random
  startAt: number
  endAt: number
}

/** What every fact that the REST API told has. */
export interface FactEnvelope {
  id: string
  account: string
  occurredAt: string
  receivedAt: string
  source: 'rest'
  raw: Record<string, never>
}

/**
 * To be spread last: V8 makes a literal that begins with a spread forty times slower.
 * @param at  when the REST API answered, in milliseconds since 1970
 */
export function restEnvelope({ account, random }: Setting, at: number): FactEnvelope {
  const answered = formatInstant(at)
  return { id: random.uuid(), account, occurredAt: answered, receivedAt: answered, source: 'rest', raw: {} }
}

/** Some moment of the company's time. */
export function randomMoment({ random, startAt, endAt }: Setting): number {
  return random.int(startAt, endAt)
}

/** So many seconds later, and some milliseconds. */
export function randomTimeAfter(random: Random, at: number, [min, max]: readonly [min: number, max: number]): number {
  return at + random.int(min * 1000, max * 1000)
}
