import { advance, type CallScript, completeCall, completeLeg, connect, ring, startCall } from '../call-script.js'
import {
  agent,
  finish,
  type Participants,
  pickExtensions,
  ringAndConnect,
  ringWithoutAnswer,
  type Scenario,
  talk
} from './scenario.js'

/** Calls back to clients who requested one. */
export const CALLBACKS: readonly Scenario[] = [
  { name: 'callback', weight: 6, agents: 1, play: callback },
  { name: 'callback unanswered', weight: 3, agents: 1, play: unanswered },
  { name: 'callback transfer', weight: 4, agents: 2, play: callbackTransfer }
]

function callback(script: CallScript, cast: Participants): void {
  request(script, cast)
  if (script.random.chance(0.3))
    ringWithoutAnswer(script, pickExtensions(script, cast.agents.slice(0, 2), 2), 'Callback')
  const leg = ringAndConnect(script, agent(cast, 0), 'Callback')
  talk(script)
  finish(script, leg, script.random.chance(0.4))
}

function unanswered(script: CallScript, cast: Participants): void {
  request(script, cast)
  ringWithoutAnswer(script, pickExtensions(script, cast.agents.slice(0, 3), 3), 'Callback')
  completeCall(script)
}

/** The agent who called back leaves the call while the colleague's phone rings. */
function callbackTransfer(script: CallScript, cast: Participants): void {
  request(script, cast)
  const first = ringAndConnect(script, agent(cast, 0), 'Callback')
  talk(script)
  const second = ring(script, agent(cast, 1))
  advance(script, 500, 10_000)
  completeLeg(script, first)
  advance(script, 1, 10_000)
  connect(script, second)
  talk(script)
  finish(script, second, true)
}

function request(script: CallScript, cast: Participants): void {
  startCall(script, { family: 'Callback', from: cast.businessNumber, to: cast.client })
  advance(script, 500, 8_000)
}
