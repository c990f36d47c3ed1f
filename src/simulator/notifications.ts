import type { CallScript, Step } from './call-script.js'
import { classicBody } from './classic.js'
import { contactCenterBody } from './contact-center.js'
import type { TrueCall } from './true-call.js'

/** What MightyCall posts, and when: milliseconds since 1970. */
export interface Notification {
  at: number
  body: Record<string, unknown>
}

/**
 * The notifications of a call, in the order of their times (sources: MightyCall API v4, WebHook Notifications;
 * contact-center ones by hearsay).
 */
export function notificationsOf(script: CallScript, call: TrueCall): Notification[] {
  return script.steps.map(step => ({ at: step.at, body: bodyOf(script, step, call) })).sort((a, b) => a.at - b.at)
}

/** Of callbacks in a contact center nothing is known: they are told as elsewhere. */
function bodyOf(script: CallScript, step: Step, call: TrueCall): Record<string, unknown> {
  return script.notation === 'classic' || step.family === 'Callback'
    ? classicBody(script, step)
    : contactCenterBody(script, step, call)
}
