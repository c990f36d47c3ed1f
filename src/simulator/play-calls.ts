import { CALLBACKS } from './call-scenarios/callback.js'
import { HANDOVERS } from './call-scenarios/handovers.js'
import { INBOUND } from './call-scenarios/inbound.js'
import { OUTGOING } from './call-scenarios/outgoing.js'
import type { Scenario } from './call-scenarios/scenario.js'
import { createCallScript, type Notation } from './call-script.js'
import { randomMoment, type Setting } from './fact.js'
import { type Notification, notificationsOf } from './notifications.js'
import type { Random } from './random.js'
import { randomClient, type Staff } from './staff.js'
import { type TrueCall, trueCallOf } from './true-call.js'
import type { TruePresence } from './truth.js'

export interface PlayedCalls {
  calls: TrueCall[]
  notifications: Notification[]
}

/**
 * Simulates `count` calls, ordered by their start. No agent takes part in two calls at once, and no phone rings while
 * its agent's presence is `dnd`.
 */
export function playCalls(
  setting: Setting,
  staff: Staff,
  { count, notation, presences }: { count: number; notation: Notation; presences: readonly TruePresence[] }
): PlayedCalls {
  const { random } = setting
  const busyUntil = new Map<string, number>()
  const undisturbedAt = trackUndisturbed(staff, presences)
  const calls: TrueCall[] = []
  const notifications: Notification[] = []
  for (const at of Array.from({ length: count }, () => randomMoment(setting)).sort((a, b) => a - b)) {
    const free = undisturbedAt(at).filter(extension => (busyUntil.get(extension) ?? 0) < at)
    const scenario = pickScenario(random, free.length)
    const script = createCallScript(random, notation, at)
    const client = randomClient(random, staff)
    scenario.play(script, {
      businessNumber: random.pick(staff.numbers).number,
      client: client.number,
      widget: staff.widget,
      agents: random.shuffled(free),
      group: freeGroup(random, staff, free)
    })
    const call = trueCallOf(script, scenario.name, client)
    for (const leg of call.legs) busyUntil.set(leg.extension, Math.max(leg.endedAt, busyUntil.get(leg.extension) ?? 0))
    calls.push(call)
    for (const notification of notificationsOf(script, call)) notifications.push(notification)
  }
  return { calls, notifications: notifications.sort((a, b) => a.at - b.at) }
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

/** Picks a scenario that needs no more than `freeAgents`, by weight. */
function pickScenario(random: Random, freeAgents: number): Scenario {
  const playable = SCENARIOS.filter(scenario => scenario.agents <= freeAgents)
  let left = random.int(
    1,
    playable.reduce((sum, { weight }) => sum + weight, 0)
  )
  for (const scenario of playable) {
    left -= scenario.weight
    if (left <= 0) return scenario
  }
  throw new RangeError('at least one scenario must need no agents')
}
