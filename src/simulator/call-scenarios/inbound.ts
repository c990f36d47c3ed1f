import {
  advance,
  type CallScript,
  completeCall,
  connectInGroup,
  ring,
  type ScriptLeg,
  startCall,
  stopAllRinging,
  stopRinging
} from '../call-script.js'
import {
  agent,
  finish,
  type Participants,
  pickExtensions,
  ringAndConnect,
  ringWithoutAnswer,
  type Scenario,
  talk,
  waitInMenu
} from './scenario.js'

/** Inbound calls that at most one agent answers. */
export const INBOUND: readonly Scenario[] = [
  { name: 'abandoned', weight: 8, agents: 0, play: abandoned },
  { name: 'missed', weight: 12, agents: 1, play: missed },
  { name: 'voicemail', weight: 10, agents: 1, play: voicemail },
  { name: 'answered', weight: 14, agents: 1, play: answered },
  { name: 'answered after misses', weight: 8, agents: 2, play: answeredAfterMisses },
  { name: 'ring group', weight: 10, agents: 2, play: ringGroup },
  { name: 'widget', weight: 5, agents: 1, play: fromWidget }
]

/** The calls of a client who had hung up at once and calls again. */
export const REDIALED: readonly Scenario[] = INBOUND.filter(({ name }) => name !== 'widget')

export function enterFromClient(script: CallScript, { client, businessNumber }: Participants): void {
  startCall(script, { family: 'Incoming', from: client, to: businessNumber })
  waitInMenu(script)
}

function abandoned(script: CallScript, cast: Participants): void {
  startCall(script, { family: 'Incoming', from: cast.client, to: cast.businessNumber })
  advance(script, 800, 30_000)
  completeCall(script)
}

function missed(script: CallScript, cast: Participants): void {
  if (script.random.chance(0.15)) return hangUpSoon(script, cast)
  enterFromClient(script, cast)
  ringWithoutAnswer(script, pickExtensions(script, cast.agents.slice(0, 3), 4))
  completeCall(script)
}

/** The client hangs up within four seconds: the REST API reports such a call as dropped. */
function hangUpSoon(script: CallScript, cast: Participants): void {
  startCall(script, { family: 'Incoming', from: cast.client, to: cast.businessNumber })
  advance(script, 200, 800)
  const leg = ring(script, agent(cast, 0))
  advance(script, 500, 3_000)
  stopRinging(script, leg)
  completeCall(script)
}

function voicemail(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  if (script.random.chance(0.3)) ringWithoutAnswer(script, [agent(cast, 0)])
  for (const extension of cast.agents.slice(0, script.random.int(1, 2))) ring(script, extension)
  advance(script, 8_000, 25_000)
  stopAllRinging(script)
  script.leftVoicemail = true
  advance(script, 4_000, 90_000)
  completeCall(script)
}

function answered(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  const leg = ringAndConnect(script, agent(cast, 0))
  talk(script)
  finish(script, leg)
}

function answeredAfterMisses(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  ringWithoutAnswer(script, pickExtensions(script, cast.agents.slice(0, 3), 3))
  const leg = ringAndConnect(script, agent(cast, script.random.int(0, 1)))
  talk(script)
  finish(script, leg)
}

function ringGroup(script: CallScript, cast: Participants): void {
  enterFromClient(script, cast)
  const { random } = script
  for (let round = random.int(0, 1); round > 0; round--) {
    stopInTurn(script, ringAll(script, cast.group))
    advance(script, 1, 2_000)
  }
  const [answering, ...others] = random.shuffled(ringAll(script, cast.group))
  if (answering === undefined || random.chance(0.2)) {
    stopInTurn(script, script.legs)
    advance(script, 0, 3_000)
    return completeCall(script)
  }
  connectInGroup(script, answering, random.pick([0, random.int(-40, -1), random.int(1, 40)]))
  stopInTurn(script, others)
  talk(script)
  finish(script, answering)
}

/** Rings every phone of the group at almost the same time, until an agent would answer. */
function ringAll(script: CallScript, group: readonly string[]): ScriptLeg[] {
  const legs = group.map(extension => {
    if (script.random.chance(0.3)) advance(script, 0, 30)
    return ring(script, extension)
  })
  advance(script, 1_000, 20_000)
  return legs
}

function stopInTurn(script: CallScript, legs: readonly ScriptLeg[]): void {
  for (const leg of legs) {
    if (leg.endedAt !== null) continue
    advance(script, 0, 20)
    stopRinging(script, leg)
  }
}

/** A call through the site widget, which has a name instead of a number. */
function fromWidget(script: CallScript, { businessNumber, widget, ...cast }: Participants): void {
  const play = script.random.pick([answered, missed, abandoned])
  play(script, { ...cast, businessNumber, widget, client: widget })
}
