import type { CallScript, Step } from './call-script.js'
import { formatInstant } from './instant.js'
import type { TrueCall } from './true-call.js'

/** One webhook request. `at` is when it is posted, in milliseconds since 1970. */
export interface Notification {
  at: number
  body: Record<string, unknown>
}

/**
 * Returns the notifications of a call, ordered by time (sources: MightyCall API v4, WebHook Notifications; for
 * contact-center accounts, reports of integrators).
 */
export function notificationsOf(script: CallScript, call: TrueCall): Notification[] {
  return script.steps.map(step => ({ at: step.at, body: bodyOf(script, step, call) })).sort((a, b) => a.at - b.at)
}

/** The format of contact-center callbacks is not documented, so they use the classic one. */
function bodyOf(script: CallScript, step: Step, call: TrueCall): Record<string, unknown> {
  return script.notation === 'classic' || step.family === 'Callback'
    ? classicBody(script, step)
    : contactCenterBody(script, step, call)
}

/** The notification of a classic account, as documented. */
function classicBody(script: CallScript, step: Step): Record<string, unknown> {
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

/** The key of the documentation's examples, which opens nothing. */
export const SIMULATED_API_KEY = '8a77c828-31c2-492a-b0c1-224cd94e9c3b'

const NIL = '00000000-0000-0000-0000-000000000000'
const PLACEHOLDER: Record<Step['event'], number> = {
  Call: 1,
  Ringing: 2,
  StopRinging: 3,
  Connected: 4,
  LegCompleted: 5,
  Completed: 5
}

/** Formats an instant in UTC with seven fractional digits, as .NET does. */
export function timestampOf(at: number, subMilliseconds: number): string {
  return `${formatInstant(at).slice(0, -1)}${String(subMilliseconds).padStart(4, '0')}Z`
}

/** The Guid does not identify a notification: it is nil in outgoing ones, and the same for all calls in others. */
function guidOf({ family, event }: Step): string {
  return family === 'Outgoing' ? NIL : `${NIL.slice(0, -1)}${PLACEHOLDER[event]}`
}

/** Extensions are strings in the documentation, and sometimes numbers in practice. */
function extensionValue({ random }: CallScript, extension: string): string | number {
  return random.chance(0.15) ? Number(extension) : extension
}

/**
 * The notification of a contact-center account: flat or with a Body, in either casing, with a duration and a recording
 * at the end of the call.
 */
function contactCenterBody(script: CallScript, step: Step, call: TrueCall): Record<string, unknown> {
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
    case 'StopRinging': // has no type of its own and is reported as the end of the agent's leg
    case 'LegCompleted':
      return `${family}CallAgentCompleted`
    default:
      return event satisfies never
  }
}

/** The end of a leg may omit the extension when only one leg is connected. */
function extensionOf(
  script: CallScript,
  { event, extension, isOnlyTalk = false }: Step
): { Extension?: string | number | null } {
  const { random } = script
  if (extension !== null && !(isOnlyTalk && random.chance(0.3))) return { Extension: extensionValue(script, extension) }
  return event !== 'Call' && random.chance(0.5) ? { Extension: null } : {}
}

function endOf(
  { random }: CallScript,
  { startedAt, answeredAt, endedAt, withRest }: TrueCall
): Record<string, unknown> {
  const { recordingId, recordingLink } = withRest
  // a link with a single slash occurs in practice
  const link = random.chance(0.1) ? recordingLink?.replace('https://', 'https:/') : recordingLink
  return {
    CallDuration: hoursMinutesSeconds(endedAt - (answeredAt ?? startedAt)),
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
