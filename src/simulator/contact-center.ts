import type { CallScript, Step } from './call-script.js'
import { extensionValue, guidOf, SIMULATED_API_KEY, timestampOf } from './notation.js'
import type { TrueCall } from './true-call.js'

/**
 * A contact-center account's notification: flat or with a Body, in either casing, with a duration and a recording at
 * the end.
 */
export function contactCenterBody(script: CallScript, step: Step, call: TrueCall): Record<string, unknown> {
  const { random } = script
  const isFlat = random.chance(0.5)
  const parties = { From: script.from, To: script.to, ...extensionOf(script, step) }
  const body = {
    EventType: contactCenterType(step),
    ...(isFlat ? { CallId: script.id, ...parties } : { Body: { Id: script.id, ...parties } }),
    Timestamp: timestampOf(step.at, random.int(0, 9999)),
    ApiKey: SIMULATED_API_KEY,
    ...(random.chance(0.5) && { Guid: guidOf(step) }),
    ...(step.event === 'Completed' && endOf(script, call))
  }
  return random.chance(0.3) ? camelCased(body) : body
}

function contactCenterType({ family, event }: Step): string {
  switch (event) {
    case 'Call':
    case 'Completed':
      return `${family}Call${event === 'Call' ? '' : event}`
    case 'Ringing':
      return `${family}CallAgent${family === 'Outgoing' ? 'Dialing' : 'Ringing'}`
    case 'Connected':
      return `${family}CallAgentConnected`
    case 'StopRinging': // there is no type for it: the agent's part has ended
    case 'LegCompleted':
      return `${family}CallAgentCompleted`
    default:
      return event satisfies never
  }
}

/** The end of a talk may leave out whose it was, when only one talks. */
function extensionOf(
  script: CallScript,
  { event, extension, isOnlyTalk = false }: Step
): { Extension?: string | number | null } {
  const { random } = script
  if (extension !== null && !(isOnlyTalk && random.chance(0.3))) return { Extension: extensionValue(script, extension) }
  return event !== 'Call' && random.chance(0.5) ? { Extension: null } : {}
}

function endOf({ random }: CallScript, { startedAt, endedAt, withRest }: TrueCall): Record<string, unknown> {
  const { recordingId, recordingLink } = withRest
  const link = random.chance(0.1) ? recordingLink?.replace('https://', 'https:/') : recordingLink // seen in the field
  return {
    CallDuration: hoursMinutesSeconds(endedAt - startedAt),
    ...(recordingLink && { RecordingLink: link, RecordingId: recordingId })
  }
}

function hoursMinutesSeconds(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}

function camelCased(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      name === 'Body' ? camelCased(value as Record<string, unknown>) : value // the one object in a notification
    ])
  )
}
