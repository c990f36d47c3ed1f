import { localDay } from '../../../lib/local-day.js'
import type { Contribution } from '../reports.js'
import type { Call, CallLeg } from './fold.js'

/** What a call adds to the reports of its local day: one contribution for the call and one for each leg. */
export function contributionOf(call: Call, timeZone: string): Contribution[] {
  const day = { date: localDay(call.startedAt, timeZone), number: call.businessNumber ?? '' }
  const ofCall: Contribution = {
    ...day,
    extension: '',
    calls: 1,
    ...(call.outcome === 'answered' && { answered: 1 }),
    ...(call.outcome === 'missed' && { missed: 1 }),
    ...(call.outcome === 'abandoned' && { abandoned: 1 }),
    ...(call.direction === 'outbound' && { outbound: 1 }),
    ...(call.talkSeconds !== null && call.talkSeconds > 0 && { talkMs: Math.round(call.talkSeconds * 1000) }),
    ...(call.waitSeconds !== null && milliseconds('waitMs', call.startedAt, call.answeredAt ?? call.endedAt))
  }
  return [
    ofCall,
    ...call.legs.filter(leg => leg.extension !== '').map(leg => ({ ...day, extension: leg.extension, ...ofLeg(leg) }))
  ]
}

function ofLeg(leg: CallLeg): Omit<Contribution, 'date' | 'number' | 'extension'> {
  return {
    calls: 1,
    ...(leg.result === 'answered' && { answered: 1 }),
    ...(leg.role === 'agent' && leg.result === 'unanswered' && { missed: 1 }),
    ...(leg.role === 'dialer' && { outbound: 1 }),
    ...milliseconds('talkMs', leg.connectedAt, leg.endedAt),
    ...milliseconds('waitMs', leg.ringingAt, leg.connectedAt ?? leg.endedAt)
  }
}

function milliseconds<Name extends 'talkMs' | 'waitMs'>(
  name: Name,
  from: number | null,
  to: number | null
): Partial<Record<Name, number>> {
  const record: Partial<Record<Name, number>> = {}
  if (from !== null && to !== null && to > from) record[name] = to - from
  return record
}
