import type { CallScript, Step } from './call-script.js'
import { extensionValue, guidOf, SIMULATED_API_KEY, timestampOf } from './notation.js'

/** A classic account's notification, as documented. */
export function classicBody(script: CallScript, step: Step): Record<string, unknown> {
  const { id, from, to, random } = script
  const Body: Record<string, unknown> = { From: from, To: to, Id: id }
  if (step.extension !== null) Body.Extension = extensionValue(script, step.extension)
  else if (step.event === 'Completed' && random.chance(0.5)) Body.Extension = null
  return {
    Body,
    Guid: guidOf(step),
    ApiKey: SIMULATED_API_KEY,
    Timestamp: timestampOf(step.at, random.chance(0.5) ? 0 : random.int(0, 9999)),
    EventType: classicType(step)
  }
}

function classicType({ family, event, extension }: Step): string {
  switch (event) {
    case 'Call':
      return `${family}Call`
    case 'StopRinging':
      return extension === null ? 'IncomingStopRinging' : `${family}CallStopRinging`
    case 'LegCompleted':
      return `${family}CallCompleted`
    case 'Ringing':
    case 'Connected':
    case 'Completed':
      return `${family}Call${event}`
    default:
      return event satisfies never
  }
}
