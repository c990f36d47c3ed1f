import {
  advance,
  type CallScript,
  completeCall,
  completeLeg,
  connect,
  type Family,
  ring,
  type ScriptLeg,
  stopRinging
} from '../call-script.js'

/** The participants of a call. Agents are given by their extensions, in no order, and are free. */
export interface Participants {
  businessNumber: string
  client: string
  widget: string
  agents: readonly string[]
  /** The free members of a ring group, or any two free agents. */
  group: readonly string[]
}

export interface Scenario {
  name: string
  /** The frequency of the scenario relative to the others. */
  weight: number
  /** The number of free agents that the scenario needs. */
  agents: number
  play: (script: CallScript, cast: Participants) => void
}

/** Returns the nth agent. @throws RangeError  the scenario declares fewer agents than it uses */
export function agent({ agents }: Participants, nth: number): string {
  const extension = agents[nth]
  if (extension === undefined) throw new RangeError('the scenario uses more agents than it declares')
  return extension
}

/** Lets time pass in a greeting, a menu or a queue. */
export function waitInMenu(script: CallScript): void {
  advance(script, 300, script.random.chance(0.2) ? 900 : 15_000)
}

/** Rings the extensions one after another, and nobody answers. An extension may occur several times. */
export function ringWithoutAnswer(script: CallScript, extensions: readonly string[], family?: Family): void {
  for (const extension of extensions) {
    const leg = ring(script, extension, family)
    advance(script, 500, script.random.chance(0.2) ? 2_000 : 25_000)
    stopRinging(script, leg)
    // The next phone may ring in the same instant, but not in a contact center: it reports the end of ringing as the
    // end of a leg, which would end both attempts of one extension.
    advance(script, script.notation === 'classic' && script.random.chance(0.3) ? 0 : 1, 1_500)
  }
}

/** Picks up to `most` extensions, possibly the same one several times. */
export function pickExtensions(script: CallScript, extensions: readonly string[], most: number): string[] {
  return Array.from({ length: script.random.int(1, most) }, () => script.random.pick(extensions))
}

export function ringAndConnect(script: CallScript, extension: string, family?: Family): ScriptLeg {
  const leg = ring(script, extension, family)
  advance(script, 1_000, 20_000)
  connect(script, leg)
  return leg
}

/** The rest of a call, such as a transfer, comes on top: a long call takes up to three hours. */
const MINUTES_OF_LONG_CALL = { least: 30, most: 150 }

export function talk(script: CallScript): void {
  const { random, startedAt, longCalls } = script
  const isFirst = script.now - startedAt < MINUTES_OF_LONG_CALL.least * 60_000
  if (longCalls > 0 && isFirst && random.chance(longCalls)) {
    const { least, most } = MINUTES_OF_LONG_CALL
    script.now = Math.max(script.now, startedAt + random.int(least * 60_000, most * 60_000))
  }
  advance(script, 3_000, script.random.chance(0.1) ? 1_200_000 : 240_000)
}

/** Ends the talk and the call. Whether the end of the leg is notified too varies. */
export function finish(
  script: CallScript,
  leg: ScriptLeg,
  notifiesLegEnd = script.notation === 'contact-center'
): void {
  if (notifiesLegEnd) {
    completeLeg(script, leg)
    if (leg.role === 'agent' && script.random.chance(0.5)) advance(script, 1, 500)
  }
  completeCall(script)
}
