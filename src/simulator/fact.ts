import { formatInstant } from './instant.js'
import type { Random } from './random.js'

/** The account and the period for which facts are simulated. */
export interface Setting {
  account: string
  random: Random
  startAt: number
  endAt: number
  /** For so long after it was reported, but not after `endAt`, a voicemail or message may be read. Default: minutes. */
  readWithinSeconds?: number
}

/** The fields that every fact of the REST API has. */
export interface FactEnvelope {
  id: string
  account: string
  occurredAt: string
  receivedAt: string
  source: 'rest'
  raw: Record<string, never>
}

/**
 * Returns the common fields of a fact. Spread them last: V8 creates a literal that begins with a spread forty times
 * slower.
 *
 * @param at  when the REST API responded, in milliseconds since 1970
 */
export function restEnvelope({ account, random }: Setting, at: number): FactEnvelope {
  const respondedAt = formatInstant(at)
  return { id: random.uuid(), account, occurredAt: respondedAt, receivedAt: respondedAt, source: 'rest', raw: {} }
}

/** Picks an instant of the simulated period. */
export function randomMoment({ random, startAt, endAt }: Setting): number {
  return random.int(startAt, endAt)
}

/** Picks an instant `min` to `max` seconds after `at`. */
export function randomTimeAfter(random: Random, at: number, [min, max]: readonly [min: number, max: number]): number {
  return at + random.int(min * 1000, max * 1000)
}

/**
 * Picks the instant at which a voicemail or message is marked as read: soon, or, where the setting says so, up to days
 * later. One that is removed is read soon, since its removal comes later.
 */
export function randomReadTime(
  { random, endAt, readWithinSeconds }: Setting,
  at: number,
  { soon, isRemoved }: { soon: readonly [min: number, max: number]; isRemoved: boolean }
): number {
  if (readWithinSeconds === undefined || isRemoved) return randomTimeAfter(random, at, soon)
  return Math.max(at + soon[0] * 1000, Math.min(randomTimeAfter(random, at, [soon[0], readWithinSeconds]), endAt))
}
