import { CALLBACKS } from './call-scenarios/callback.js'
import { HANDOVERS } from './call-scenarios/handovers.js'
import { INBOUND, REDIALED } from './call-scenarios/inbound.js'
import { OUTGOING } from './call-scenarios/outgoing.js'
import type { Scenario } from './call-scenarios/scenario.js'
import { advance, completeCall, createCallScript, type Notation, startCall } from './call-script.js'
import type { Setting } from './fact.js'
import { type Notification, notificationsOf } from './notifications.js'
import type { Random } from './random.js'
import { type Client, randomClient, type Staff } from './staff.js'
import { type TrueCall, trueCallOf } from './true-call.js'
import type { TruePresence } from './truth.js'

export interface PlayedCalls {
  calls: TrueCall[]
  notifications: Notification[]
}

export interface PlayOptions {
  /** When the calls start. */
  moments: readonly number[]
  isStaffed?: boolean
  notation: Notation
  presences: readonly TruePresence[]
  /** Shares, 0 to 1; see `CompanyOptions`. */
  longCalls?: number
  redials?: number
  otherNotation?: number
}

/**
 * Simulates a call for each moment, and the short ones before redials, ordered by their start. No agent takes part in
 * two calls at once, and no phone rings while its agent's presence is `dnd`.
 */
export function playCalls(
  setting: Setting,
  staff: Staff,
  { moments, notation, presences, isStaffed = false, longCalls = 0, redials = 0, otherNotation = 0 }: PlayOptions
): PlayedCalls {
  const { random } = setting
  const busyUntil = new Map<string, number>()
  const undisturbedAt = trackUndisturbed(staff, presences)
  const calls: TrueCall[] = []
  const notifications: Notification[] = []
  const play = (scenario: Scenario, { at, free, redialed }: CallPlan): Redialed => {
    const notationOfCall = otherNotation > 0 && random.chance(otherNotation) ? OTHER_NOTATION[notation] : notation
    const script = Object.assign(createCallScript(random, notationOfCall, at), { longCalls })
    const client = redialed?.client ?? randomClient(random, staff)
    const businessNumber = redialed?.businessNumber ?? random.pick(staff.numbers).number
    scenario.play(script, {
      businessNumber,
      client: client.number,
      widget: staff.widget,
      agents: random.shuffled(free),
      group: freeGroup(random, staff, free)
    })
    const call = trueCallOf(script, scenario.name, client)
    for (const leg of call.legs) busyUntil.set(leg.extension, Math.max(leg.endedAt, busyUntil.get(leg.extension) ?? 0))
    calls.push(call)
    for (const notification of notificationsOf(script, call)) notifications.push(notification)
    return { client, businessNumber }
  }
  const weightOf = isStaffed ? staffedWeight : usualWeight
  for (const at of moments.toSorted((a, b) => a - b)) {
    const free = undisturbedAt(at).filter(extension => (busyUntil.get(extension) ?? 0) < at)
    if (redials > 0 && random.chance(redials)) {
      const redialed = play(HUNG_UP, { at, free })
      play(pickScenario(random, REDIALED.filter(needsAtMost(free.length)), weightOf), {
        at: at + random.int(...REDIAL_AFTER_MS),
        free,
        redialed
      })
    } else play(pickScenario(random, SCENARIOS.filter(needsAtMost(free.length)), weightOf), { at, free })
  }
  return {
    calls: calls.sort((a, b) => a.startedAt - b.startedAt),
    notifications: notifications.sort((a, b) => a.at - b.at)
  }
}

/** The parties of a call that was hung up, who are those of the next one. */
interface Redialed {
  client: Client
  businessNumber: string
}

interface CallPlan {
  at: number
  /** The extensions that are in no call. */
  free: readonly string[]
  redialed?: Redialed
}

const OTHER_NOTATION = { classic: 'contact-center', 'contact-center': 'classic' } as const
/** From the start of the first call to the start of the second: within the 5 s in which calls resemble each other. */
const REDIAL_AFTER_MS = [2_600, 4_900] as const

/** The client hangs up before any phone rings. */
const HUNG_UP: Scenario = {
  name: 'hung up',
  weight: 1,
  agents: 0,
  play: (script, { client, businessNumber }) => {
    startCall(script, { family: 'Incoming', from: client, to: businessNumber })
    advance(script, 500, 2_500)
    completeCall(script)
  }
}

/** Returns the free members of a ring group, or two free agents when fewer than two members are free. */
function freeGroup(random: Random, { ringGroups }: Staff, free: readonly string[]): readonly string[] {
  const group = random
    .pick(ringGroups)
    .map(agent => agent.extension)
    .filter(extension => free.includes(extension))
  return group.length > 1 ? group : free.slice(0, 2)
}

/** Returns a function that lists the agents who are not on `dnd`. It must be called with increasing instants. */
function trackUndisturbed({ agents }: Staff, presences: readonly TruePresence[]): (at: number) => string[] {
  const changes = [...presences].sort((a, b) => a.since - b.since)
  const extensions = agents.map(agent => agent.extension)
  const away = new Set<string>()
  let next = 0
  return at => {
    for (let change = changes[next]; change && change.since <= at; change = changes[++next]) {
      if (change.presence === 'dnd') away.add(change.extension)
      else away.delete(change.extension)
    }
    return extensions.filter(extension => !away.has(extension))
  }
}

/** All scenarios of calls. A new scenario is one line in the list of its kind. */
export const SCENARIOS: readonly Scenario[] = [...INBOUND, ...HANDOVERS, ...OUTGOING, ...CALLBACKS]

const usualWeight = ({ weight }: Scenario) => weight
const STAFFED_WEIGHTS: Record<string, number> = {
  abandoned: 3,
  missed: 3,
  voicemail: 5,
  answered: 45,
  transfer: 10,
  'ring group': 14,
  outgoing: 20
}

/** The frequency of a scenario where enough agents answer. */
function staffedWeight({ name, weight }: Scenario): number {
  return STAFFED_WEIGHTS[name] ?? weight
}

function needsAtMost(freeAgents: number): (scenario: Scenario) => boolean {
  return ({ agents }) => agents <= freeAgents
}

function pickScenario(
  random: Random,
  scenarios: readonly Scenario[],
  weightOf: (scenario: Scenario) => number
): Scenario {
  let left = random.int(
    1,
    scenarios.reduce((sum, scenario) => sum + weightOf(scenario), 0)
  )
  for (const scenario of scenarios) {
    left -= weightOf(scenario)
    if (left <= 0) return scenario
  }
  throw new RangeError('at least one scenario must need no agents')
}
