import type { CallReported } from '../../../events/call.js'
import { OUTGOING } from '../../call-scenarios/outgoing.js'
import { createCallScript, type Notation } from '../../call-script.js'
import type { Setting } from '../../fact.js'
import { type Notification, notificationsOf } from '../../notifications.js'
import { createRandom } from '../../random.js'
import { reportedCalls } from '../../reported-calls.js'
import type { Staff } from '../../staff.js'
import { type TrueCall, trueCallOf } from '../../true-call.js'
import type { World } from './world.js'

/** The first random subject of placed calls, above those of the other parts of a company. */
const FIRST_SUBJECT = 10_000

/** Places a call on request: adds it to the ground truth, and to the REST API from its end on. */
export function placeCallNow(world: World, wish: CallRequest): PlacedCall {
  const { truth, history, seed, kind } = world
  const random = createRandom(seed, FIRST_SUBJECT + truth.calls.length)
  const placed = placeCall({ account: truth.account, random, startAt: wish.at, endAt: wish.at }, truth.staff, {
    ...wish,
    notation: kind
  })
  truth.calls.push(placed.call)
  for (const fact of placed.facts) (fact.route === 'calls' ? history.calls : history.journalCalls).add(fact)
  return placed
}

export interface CallRequest {
  at: number
  /** The extension of the user who requests the call. */
  dialer: string
  businessNumber: string
  /** E.164, or a colleague's extension. */
  to: string
}

export interface PlacedCall {
  call: TrueCall
  notifications: Notification[]
  /** The facts by which the REST API will report the call. */
  facts: CallReported[]
}

const TO_CLIENT = ['outgoing', 'outgoing unanswered']

/**
 * Simulates a requested call, which is answered or not by chance. Its participants may be in another call at the same
 * time.
 */
function placeCall(
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
