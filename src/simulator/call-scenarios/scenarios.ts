import type { Random } from '../random.js'
import { CALLBACKS } from './callback.js'
import { HANDOVERS } from './handovers.js'
import { INBOUND } from './inbound.js'
import { OUTGOING } from './outgoing.js'
import type { Scenario } from './scenario.js'

/** What a call may be. A new scenario is one line in the list of its kind. */
export const SCENARIOS: readonly Scenario[] = [...INBOUND, ...HANDOVERS, ...OUTGOING, ...CALLBACKS]

/** One that so few free agents can play. */
export function pickScenario(random: Random, freeAgents: number): Scenario {
  const playable = SCENARIOS.filter(scenario => scenario.agents <= freeAgents)
  let left = random.int(
    1,
    playable.reduce((sum, { weight }) => sum + weight, 0)
  )
  for (const scenario of playable) {
    left -= scenario.weight
    if (left <= 0) return scenario
  }
  throw new RangeError('a scenario must need nobody')
}
