import { DAY_MS } from '../../../lib/instant.js'
import type { CallFact, CallRow } from './facts.js'
import { type EndedLeg, markAnswered, untimedLeg } from './outcome.js'

// A contact-center account reports `CallDuration` (hh:mm:ss) when a call or a leg ends. MightyCall does not document
// whether that is the length of the conversation or of the call. It is read as that of the conversation when the call
// is known to have been longer: only then does the rest, the ringing, have an explanation. A duration as long as the
// call may be either, so it tells nothing about the time of the answer. When nothing else is known of a call, its
// duration dates the start. What REST reports takes the place of all of this.

/** The durations of calls and of recordings are in whole seconds. */
export const ROUNDING_MS = 1000

/** A call or leg whose duration a webhook reports. */
export interface Measured {
  durationMs: number
  /** When the duration began. */
  beganAt: number
  /** The extension of the leg; '' when the duration is that of the call. */
  extension: string
}

/**
 * Returns the newest duration above zero, preferably that of the call, or null. A duration of more than a day is a
 * mistake: it would move the start of the call to another year.
 */
export function measuredIn(facts: readonly CallFact[]): Measured | null {
  const measured = facts.filter(
    ({ type, durationMs }) => type === 'call.completed' && durationMs > 0 && durationMs <= DAY_MS
  )
  const newest = measured.findLast(fact => !fact.isLegOnly) ?? measured.at(-1)
  if (!newest) return null
  const { durationMs, extension, at } = newest
  return { durationMs, beganAt: at - durationMs, extension }
}

/**
 * Returns whether the duration is that of the conversation.
 * @param startedAt  null when the start is only derived from the duration
 */
export function isOfConversation({ beganAt }: Measured, startedAt: number | null): boolean {
  return startedAt === null || startedAt < beganAt - ROUNDING_MS
}

/**
 * The legs with the answer that a duration of a recorded call proves. The leg is the one that the duration belongs to,
 * the caller's own, or the only one that rang; otherwise it is a leg without an extension.
 */
export function withMeasuredAnswer(
  legs: readonly EndedLeg[],
  { extension }: Measured,
  { endedAt, direction }: { endedAt: number; direction: CallRow['direction'] }
): readonly EndedLeg[] {
  if (legs.some(leg => leg.result === 'answered')) return legs
  const results = legs.map(leg => ({ ...leg }))
  const named = results.filter(leg => extension !== '' && leg.extension === extension)
  const dialers = results.filter(leg => leg.role === 'dialer')
  const agents = results.filter(leg => leg.role === 'agent')
  const isOneAgent = new Set(agents.map(leg => leg.extension)).size === 1
  const isOutbound = direction === 'outbound'
  const own = named.length > 0 ? named : isOutbound ? dialers : isOneAgent ? agents : []
  if (own.length > 0) markAnswered(own, { endedAt, isFirst: false })
  else results.push(untimedLeg({ extension: '', role: isOutbound ? 'dialer' : 'agent', result: 'answered', endedAt }))
  if (direction === 'internal' && dialers.length > 0) markAnswered(dialers, { endedAt, isFirst: false })
  return results
}
