import type { CallScript, Step } from './call-script.js'
import { contactCenterBody } from './contact-center.js'
import type { TrueCall } from './true-call.js'

/** What MightyCall posts, and when: milliseconds since 1970. */
export interface Notification {
  at: number
  body: Record<string, unknown>
}

/** The key of the documentation's examples: nobody's. */
export const SIMULATED_API_KEY = '8a77c828-31c2-492a-b0c1-224cd94e9c3b'

const NIL = '00000000-0000-0000-0000-000000000000'
const PLACEHOLDER: Record<Step['event'], number> = { Call: 1, Ringing: 2, StopRinging: 3, Connected: 4, LegCompleted: 5, Completed: 5 }

/** The notifications of a call, in the order of their times (sources: MightyCall API v4, WebHook Notifications; contact-center ones by hearsay). */
export function notificationsOf (script: CallScript, call: TrueCall): Notification[] {
  const notify = script.notation === 'classic' || script.family === 'Callback' ? classicBody : contactCenterBody // of callbacks in a contact center nothing is known
  return script.steps.map(step => ({ at: step.at, body: notify(script, step, call) })).sort((a, b) => a.at - b.at)
}

/** UTC with seven fractional digits. */
export function timestampOf (at: number, subMilliseconds: number): string {
  return `${new Date(at).toISOString().slice(0, -1)}${String(subMilliseconds).padStart(4, '0')}Z`
}

/** Never nil but in outgoing ones, and shared by all calls: no identity. */
export function guidOf ({ family, event }: Step): string {
  return family === 'Outgoing' ? NIL : `${NIL.slice(0, -1)}${PLACEHOLDER[event]}`
}

/** A text in the documentation, a number in the field. */
export function extensionValue ({ random }: CallScript, extension: string): string | number {
  return random.chance(0.15) ? Number(extension) : extension
}

function classicBody (script: CallScript, step: Step): Record<string, unknown> {
  const { id, from, to, random } = script
  const Body: Record<string, unknown> = { From: from, To: to, Id: id }
  if (step.extension !== null) Body.Extension = extensionValue(script, step.extension)
  else if (step.event === 'Completed' && random.chance(0.5)) Body.Extension = null
  return { Body, Guid: guidOf(step), ApiKey: SIMULATED_API_KEY, Timestamp: timestampOf(step.at, random.chance(0.5) ? 0 : random.int(0, 9999)), EventType: classicType(step) }
}

function classicType ({ family, event, extension }: Step): string {
  switch (event) {
    case 'Call': return `${family}Call`
    case 'StopRinging': return extension === null ? 'IncomingStopRinging' : `${family}CallStopRinging`
    case 'LegCompleted': return `${family}CallCompleted`
    case 'Ringing':
    case 'Connected':
    case 'Completed': return `${family}Call${event}`
    default: return event satisfies never
  }
}
