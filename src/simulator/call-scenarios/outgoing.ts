import {
  advance,
  type CallScript,
  completeCall,
  completeLeg,
  connect,
  ring,
  type ScriptLeg,
  startCall,
  stopRinging
} from '../call-script.js'
import { agent, finish, type Participants, type Scenario, talk } from './scenario.js'

/** Calls that an agent dials. */
export const OUTGOING: readonly Scenario[] = [
  { name: 'outgoing', weight: 10, agents: 1, play: outgoing },
  { name: 'outgoing unanswered', weight: 6, agents: 1, play: unanswered },
  { name: 'outgoing transfer', weight: 4, agents: 2, play: outgoingTransfer },
  { name: 'colleague', weight: 6, agents: 2, play: colleague }
]

function outgoing(script: CallScript, cast: Participants): void {
  const dialer = dial(script, cast, cast.client)
  connect(script, dialer)
  talk(script)
  hangUp(script, dialer)
}

function unanswered(script: CallScript, cast: Participants): void {
  hangUp(script, dial(script, cast, cast.client))
}

/** The colleague's phone rings before the caller leaves: otherwise the transfer would look like a hang-up. */
function outgoingTransfer(script: CallScript, cast: Participants): void {
  const dialer = dial(script, cast, cast.client)
  connect(script, dialer)
  talk(script)
  const leg = ring(script, agent(cast, 1))
  advance(script, 1_000, 15_000)
  const isAnnounced = script.random.chance(0.5)
  if (isAnnounced) {
    connect(script, leg)
    advance(script, 1_000, 20_000)
  }
  completeLeg(script, dialer)
  advance(script, 1, 5_000)
  if (!isAnnounced) connect(script, leg)
  talk(script)
  finish(script, leg, true)
}

/** An internal call, from the business number to an extension. */
function colleague(script: CallScript, cast: Participants): void {
  const dialer = dial(script, cast, agent(cast, 1))
  const leg = ring(script, agent(cast, 1))
  advance(script, 2_000, 25_000)
  if (script.random.chance(0.3)) {
    stopRinging(script, leg)
  } else {
    connect(script, leg)
    dialer.connectedAt = leg.connectedAt // no notification reports it
    talk(script)
    completeLeg(script, leg)
  }
  if (script.random.chance(0.5)) advance(script, 1, 500)
  completeCall(script, script.random.chance(0.3) ? dialer.extension : null)
}

function dial(script: CallScript, cast: Participants, to: string): ScriptLeg {
  startCall(script, { family: 'Outgoing', from: cast.businessNumber, to, dialer: agent(cast, 0) })
  advance(script, 1_000, 30_000)
  const [dialer] = script.legs
  if (!dialer) throw new Error('an outgoing call must have a dialer leg')
  return dialer
}

/** Ends the leg and the call in the same instant, since the call ends when its dialer hangs up. */
function hangUp(script: CallScript, dialer: ScriptLeg): void {
  if (script.notation === 'contact-center' && script.random.chance(0.8)) completeLeg(script, dialer)
  completeCall(script, script.random.chance(0.6) ? dialer.extension : null)
}
