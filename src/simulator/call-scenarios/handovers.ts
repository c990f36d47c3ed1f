import {
  advance,
  type CallScript,
  completeCall,
  completeLeg,
  connect,
  ring,
  type ScriptLeg,
  stopRinging
} from '../call-script.js'
import { enterFromClient } from './inbound.js'
import { agent, finish, type Participants, ringAndConnect, type Scenario, talk } from './scenario.js'

/** Inbound calls that more than one agent answers. */
export const HANDOVERS: readonly Scenario[] = [
  { name: 'transfer', weight: 8, agents: 2, play: transfer },
  { name: 'consultation', weight: 6, agents: 2, play: consultation }
]

function transfer(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  const first = ringAndConnect(script, agent(cast, 0))
  talk(script)
  const second = handOver(script, first, agent(cast, 1))
  if (second === null) return completeCall(script)
  talk(script)
  if (!script.random.chance(0.2)) return finish(script, second, script.random.chance(0.5))
  const third = handOver(script, second, agent(cast, 0)) // back to the first agent
  if (third === null) return completeCall(script)
  talk(script)
  finish(script, third, script.random.chance(0.5))
}

/** Transfers the call: announced, while the colleague's phone rings, or blind. Returns `null` when nobody answers. */
function handOver(script: CallScript, from: ScriptLeg, to: string): ScriptLeg | null {
  const mode = script.random.pick(['announced', 'while-ringing', 'blind'] as const)
  if (mode === 'blind') {
    completeLeg(script, from)
    advance(script, 1, 2_000)
  }
  const leg = ring(script, to)
  advance(script, 1_000, 15_000)
  if (mode === 'while-ringing') {
    completeLeg(script, from)
    advance(script, 1, 5_000)
  }
  if (mode !== 'announced' && script.random.chance(0.2)) {
    stopRinging(script, leg)
    advance(script, 1, 3_000)
    return null
  }
  connect(script, leg)
  if (mode === 'announced') {
    advance(script, 1_000, 20_000)
    completeLeg(script, from)
  }
  return leg
}

/** The agent consults a colleague, who may not answer, and returns to the client. */
function consultation(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  const leg = ringAndConnect(script, agent(cast, 0))
  for (let times = script.random.int(1, 2); times > 0; times--) {
    talk(script)
    const colleague = ring(script, agent(cast, 1))
    advance(script, 1_000, 15_000)
    if (script.random.chance(0.2)) {
      stopRinging(script, colleague)
    } else {
      connect(script, colleague)
      advance(script, 2_000, 60_000)
      completeLeg(script, colleague)
    }
  }
  talk(script)
  finish(script, leg)
}
