import type { CallReported } from '../events/call.js'
import { randomTimeAfter, restEnvelope, type Setting } from './fact.js'
import { formatInstant } from './instant.js'
import type { Staff } from './staff.js'
import type { TrueCall } from './true-call.js'

type Route = CallReported['route']

/** Reports each call after its end, by one or two routes, and sometimes first without its recording. */
export function reportedCalls(setting: Setting, staff: Staff, calls: readonly TrueCall[]): CallReported[] {
  const names = new Map(staff.agents.map(agent => [agent.extension, agent.name]))
  return calls.flatMap(call => {
    const { random } = setting
    const facts: CallReported[] = []
    for (const route of random.chance(0.9) ? (['calls', 'journal'] as const) : (['calls'] as const)) {
      const first = randomTimeAfter(random, call.endedAt, [5, 600])
      const isRecordingLate = call.withRest.recordingId !== null && random.chance(0.4)
      const fact = reportedCall(setting, call, { at: first, route, names })
      const { recordingSeconds: _, ...unrecorded } = fact
      if (isRecordingLate)
        facts.push(
          { ...unrecorded, recordingId: null, recordingLink: null },
          { ...fact, ...restEnvelope(setting, randomTimeAfter(random, first, [60, 900])) }
        )
      else facts.push(fact)
    }
    return facts
  })
}

function reportedCall(
  setting: Setting,
  call: TrueCall,
  { at, route, names }: { at: number; route: Route; names: ReadonlyMap<string, string> }
): CallReported {
  const { id, direction, businessNumber, clientNumber, startedAt, answeredAt, endedAt, withRest } = call
  return {
    type: 'call.reported',
    callId: id,
    route,
    direction,
    status: restStatusOf(call, route),
    businessNumber,
    clientNumber,
    clientName: withRest.clientName,
    startedAt: formatInstant(startedAt),
    durationSeconds: (endedAt - startedAt) / 1000,
    parties: partiesOf(call, names),
    recordingId: withRest.recordingId,
    recordingLink: withRest.recordingLink,
    ...(route === 'journal' &&
      withRest.recordingId !== null &&
      answeredAt !== null && { recordingSeconds: Math.floor((endedAt - answeredAt) / 1000) }),
    ...restEnvelope(setting, at)
  }
}

function restStatusOf({ withRest }: TrueCall, route: Route): CallReported['status'] {
  switch (withRest.outcome) {
    case 'answered':
      return 'connected'
    case 'voicemail':
    case 'dropped':
      return withRest.outcome
    case 'canceled':
      return route === 'calls' ? 'canceled' : 'no-answer' // the journal has no such state
    case 'unanswered':
      return 'no-answer'
    case 'missed':
    case 'abandoned':
      return 'missed'
    default:
      return withRest.outcome satisfies never
  }
}

function partiesOf({ legs, answeredBy }: TrueCall, names: ReadonlyMap<string, string>): CallReported['parties'] {
  return [...new Set(legs.map(leg => leg.extension))].map(extension => {
    const own = legs.filter(leg => leg.extension === extension)
    return {
      extension,
      name: names.get(extension) ?? null,
      role: own.some(leg => leg.role === 'dialer') ? 'caller' : 'called',
      connected: own.some(leg => leg.connectedAt !== null),
      first: extension === answeredBy
    }
  })
}
