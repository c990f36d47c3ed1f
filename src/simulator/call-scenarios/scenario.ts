import {
  type CallScript,
  completeCall,
  completeLeg,
  connect,
  type Family,
  advance,
  ring,
  type ScriptLeg,
  stopRinging
} from '../call-script.js'

/** Who takes part in a call; extensions of agents who are free, in no order. */
export interface Participants {
  businessNumber: string
  client: string
  widget: string
  agents: readonly string[]
  /** A ring group's members who are free, or any two. */
  group: readonly string[]
}

export interface Scenario {
  name: string
  /** How often, against the others. */
  weight: number
  /** How many free agents it needs. */
  agents: number
  play: (script: CallScript, cast: Participants) => void
}

/** The nth of the agents that the scenario asked for. */
export function agent({ agents }: Participants, nth: number): string {
  const extension = agents[nth]
  if (extension === undefined) throw new RangeError('the scenario needs more agents than it says')
  return extension
}

/** A greeting, a menu, a queue. */
export function waitInMenu(script: CallScript): void {
  advance(script, 300, script.random.chance(0.2) ? 900 : 15_000)
}

/** Nobody takes it: one or several extensions in turn, or several rounds at the same one. */
export function ringWithoutAnswer(script: CallScript, extensions: readonly string[], family?: Family): void {
  for (const extension of extensions) {
    const leg = ring(script, extension, family)
    advance(script, 500, script.random.chance(0.2) ? 2_000 : 25_000)
    stopRinging(script, leg)
    // The next may ring in the same instant. A contact center tells the end of ringing as a leg's, which would end both
    // attempts of one extension.
    advance(script, script.notation === 'classic' && script.random.chance(0.3) ? 0 : 1, 1_500)
  }
}

/** So many extensions in turn, some of them again and again. */
export function pickExtensions(script: CallScript, extensions: readonly string[], most: number): string[] {
  return Array.from({ length: script.random.int(1, most) }, () => script.random.pick(extensions))
}

export function ringAndConnect(script: CallScript, extension: string, family?: Family): ScriptLeg {
  const leg = ring(script, extension, family)
  advance(script, 1_000, 20_000)
  connect(script, leg)
  return leg
}

export function talk(script: CallScript): void {
  advance(script, 3_000, script.random.chance(0.1) ? 1_200_000 : 240_000)
}

/** The talk ends, and with it the call: whether the leg's end is told besides differs. */
export function finish(script: CallScript, leg: ScriptLeg, notifiesLegEnd = script.notation === 'contact-center'): void {
  if (notifiesLegEnd) {
    completeLeg(script, leg)
    if (leg.role === 'agent' && script.random.chance(0.5)) advance(script, 1, 500)
  }
  completeCall(script)
}
