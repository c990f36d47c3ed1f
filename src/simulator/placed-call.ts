import type { CallReported } from '../events/call.js'
import { OUTGOING } from './call-scenarios/outgoing.js'
import { createCallScript, type Notation } from './call-script.js'
import type { Setting } from './fact.js'
import { type Notification, notificationsOf } from './notifications.js'
import { reportedCalls } from './reported-calls.js'
import type { Staff } from './staff.js'
import { type TrueCall, trueCallOf } from './true-call.js'

export interface CallRequest {
  at: number
  /** The extension of whoever wants the call. */
  dialer: string
  businessNumber: string
  /** E.164, or a colleague's extension. */
  to: string
}

export interface PlacedCall {
  call: TrueCall
  notifications: Notification[]
  /** What REST will tell of it. */
  facts: CallReported[]
}

const TO_CLIENT = ['outgoing', 'outgoing unanswered']

/**
 * A call that somebody asks for and has from then on: answered or not, by chance. Who takes part may talk to another at
 * the time.
 */
export function placeCall(
  setting: Setting,
  staff: Staff,
  { notation, at, dialer, businessNumber, to }: CallRequest & { notation: Notation }
): PlacedCall {
  const { random } = setting
  const isColleague = staff.agents.some(({ extension }) => extension === to)
  const names = isColleague ? ['colleague'] : TO_CLIENT
  const scenario = random.pick(OUTGOING.filter(({ name }) => names.includes(name)))
  const script = createCallScript(random, notation, at)
  scenario.play(script, { businessNumber, client: to, widget: staff.widget, agents: [dialer, to], group: [] })
  const call = trueCallOf(
    script,
    scenario.name,
    staff.knownClients.find(({ number }) => number === to) ?? { number: to, name: null }
  )
  return { call, notifications: notificationsOf(script, call), facts: reportedCalls(setting, staff, [call]) }
}
