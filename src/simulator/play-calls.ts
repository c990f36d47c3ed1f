import { pickScenario } from './call-scenarios/scenarios.js'
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
 * So many calls, in the order of their beginnings. Nobody takes part in two at once, and nobody's phone rings who does
 * not want to be disturbed.
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

/** Those of a ring group who are free, if they still are a group. */
function freeGroup(random: Random, { ringGroups }: Staff, free: readonly string[]): readonly string[] {
  const group = random
    .pick(ringGroups)
    .map(agent => agent.extension)
    .filter(extension => free.includes(extension))
  return group.length > 1 ? group : free.slice(0, 2)
}

/** Asked for ever later instants. */
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
