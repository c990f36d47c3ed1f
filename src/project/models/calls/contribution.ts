import { localDay } from '../../../lib/local-day.js'
import type { Contribution } from '../reports.js'
import type { Call, CallLeg } from './fold.js'
import { isAnsweredElsewhere } from './statistics.js'

export interface ContributionSettings {
  timeZone: string
  droppedUnderSeconds: number
}

/**
 * What a call adds to the reports of its local day: one contribution for the call and one for each leg. The measures
 * are those of /v1/stats/calls and /v1/stats/agents: see docs/statistics.md.
 */
export function contributionOf(call: Call, settings: ContributionSettings): Contribution[] {
  const day = { date: localDay(call.startedAt, settings.timeZone), number: call.businessNumber ?? '' }
  return [
    { ...day, extension: '', ...ofCall(call, settings) },
    ...call.legs
      .filter(leg => leg.extension !== '')
      .map(leg => ({ ...day, extension: leg.extension, ...ofLeg(leg, call.legs) }))
  ]
}

type Measures = Omit<Contribution, 'date' | 'number' | 'extension'>

function ofCall(call: Call, { droppedUnderSeconds }: ContributionSettings): Measures {
  const { direction, outcome, waitSeconds, talkSeconds } = call
  const isAnswered = outcome === null ? call.answeredAt !== null || call.answeredBy !== null : outcome === 'answered'
  const isDropped = isDroppable(call) && waitSeconds !== null && waitSeconds < droppedUnderSeconds
  const isInbound = direction === 'inbound' && !isDropped
  return {
    calls: 1,
    ...(direction === 'outbound' && { outbound: 1, ...(isAnswered && { outboundAnswered: 1 }) }),
    ...(isDropped && { dropped: 1 }),
    ...(isInbound && { inbound: 1, ...(isAnswered && { answered: 1, ...milliseconds('waitMs', waitSeconds) }) }),
    ...(isInbound && outcome === 'missed' && { missed: 1 }),
    ...(isInbound && outcome === 'abandoned' && { abandoned: 1 }),
    ...milliseconds('talkMs', talkSeconds)
  }
}

/** Inbound calls that ended unanswered, and not at the voicemail, are dropped when they were short. */
function isDroppable({ direction, outcome }: Call): boolean {
  return direction === 'inbound' && outcome !== null && outcome !== 'answered' && outcome !== 'voicemail'
}

/** The same as SQL: the seconds that are compared with the setting, or null when the call is never dropped. */
export const DROPPABLE_SECONDS = `case when direction = 'inbound' and outcome not in ('answered', 'voicemail')
      then wait_seconds end`

function ofLeg(leg: CallLeg, legs: readonly CallLeg[]): Measures {
  const talk = milliseconds('talkMs', secondsBetween(leg.connectedAt, leg.endedAt))
  if (leg.role === 'dialer') return { calls: 1, outbound: 1, ...talk }
  return {
    calls: 1,
    ...(leg.result === 'answered' && { answered: 1 }),
    ...(leg.result === 'unanswered' && (isAnsweredElsewhere(leg, legs) ? { answeredElsewhere: 1 } : { missed: 1 })),
    ...talk,
    ...milliseconds('ringMs', secondsBetween(leg.ringingAt, leg.connectedAt ?? leg.endedAt))
  }
}

function secondsBetween(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : (to - from) / 1000
}

function milliseconds<Name extends 'talkMs' | 'waitMs' | 'ringMs'>(
  name: Name,
  seconds: number | null
): Partial<Record<Name, number>> {
  const record: Partial<Record<Name, number>> = {}
  if (seconds !== null && seconds > 0) record[name] = Math.round(seconds * 1000)
  return record
}
