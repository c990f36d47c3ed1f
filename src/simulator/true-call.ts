import type { CallScript, ScriptLeg } from './call-script.js'
import type { Client } from './staff.js'

export type TrueOutcome = 'answered' | 'missed' | 'abandoned' | 'unanswered'

/** One attempt to reach an extension; times in milliseconds since 1970. */
export interface TrueLeg {
  extension: string
  attempt: number
  role: 'agent' | 'dialer'
  ringingAt: number
  connectedAt: number | null
  endedAt: number | null
}

export interface CallTimings {
  answeredAt: number | null
  endedAt: number | null
  waitSeconds: number | null
  talkSeconds: number | null
  lostInTransfer: boolean
  answeredBy: string | null
  lastEventAt: number
  webhookEvents: number
}

export interface CallParties {
  direction: 'inbound' | 'outbound' | 'callback' | 'internal'
  businessNumber: string
  clientNumber: string | null
  /** The name of a site widget; the REST API adds the names of people, see `withRest`. */
  clientName: string | null
  startedAt: number
}

/** The ground truth of a call from start to end. Times are milliseconds since 1970. */
export interface TrueCall extends CallParties, CallTimings {
  id: string
  scenario: string
  endedAt: number
  /** The outcome as webhooks alone show it. */
  outcome: TrueOutcome
  /** Ordered by their start. */
  legs: (TrueLeg & { endedAt: number })[]
  /** The values that the REST API refines or adds. */
  withRest: {
    outcome: TrueOutcome | 'voicemail' | 'dropped' | 'canceled'
    clientName: string | null
    recordingId: string | null
    recordingLink: string | null
  }
  /** When the phone of each leg stopped ringing, in the order of `legs`; `null` where it did not. */
  ringingStoppedAt: (number | null)[]
  /** The instants of the call's notifications, in order. */
  notifiedAt: number[]
}

const DROPPED_BELOW_MS = 4_000

/** Builds the ground truth of a call from the script that a scenario has played. */
export function trueCallOf(script: CallScript, scenario: string, { name }: Client): TrueCall {
  const { id, startedAt } = script
  const endedAt = script.endedAt ?? script.now
  const scripted = [...script.legs].sort(compareLegs)
  const legs = scripted.map(({ extension, attempt, role, ringingAt, connectedAt, endedAt: own }) => ({
    extension,
    attempt,
    role,
    ringingAt,
    connectedAt,
    endedAt: own ?? endedAt
  }))
  const parties = partiesOf(script)
  const notifiedAt = script.steps.map(step => step.at).sort((a, b) => a - b)
  const outcome = outcomeOf(parties.direction, legs)
  const isRecorded = outcome === 'answered' && script.random.chance(0.8)
  return {
    id,
    scenario,
    outcome,
    endedAt,
    lastEventAt: notifiedAt.at(-1) ?? startedAt,
    webhookEvents: notifiedAt.length,
    legs,
    withRest: {
      outcome: refineOutcome(script, outcome, parties.direction),
      clientName: parties.clientNumber === null ? parties.clientName : name,
      recordingId: isRecorded ? script.random.hex(16) : null,
      recordingLink: isRecorded ? `https://media.mightycall.com/records/${id}.mp3` : null
    },
    ringingStoppedAt: scripted.map(leg => leg.stoppedAt),
    notifiedAt,
    ...parties,
    ...timingsOf(legs, { direction: parties.direction, startedAt, endedAt })
  }
}

/** Computes when and by whom a call was answered, and its wait and talk times. */
export function timingsOf(
  legs: readonly TrueLeg[],
  { direction, startedAt, endedAt }: Pick<CallParties, 'direction' | 'startedAt'> & { endedAt: number | null }
): Pick<CallTimings, 'answeredAt' | 'waitSeconds' | 'talkSeconds' | 'lostInTransfer' | 'answeredBy'> {
  const talks = legs.filter(leg => leg.connectedAt !== null).sort((a, b) => (a.connectedAt ?? 0) - (b.connectedAt ?? 0))
  const first = talks.find(leg => !(direction === 'internal' && leg.role === 'dialer'))
  const answeredAt = first?.connectedAt ?? null
  const waitedUntil = answeredAt ?? endedAt
  return {
    answeredAt,
    waitSeconds: waitedUntil === null ? null : (waitedUntil - startedAt) / 1000,
    talkSeconds: answeredAt === null || endedAt === null ? null : talkedMs(talks, endedAt) / 1000,
    lostInTransfer: endedAt !== null && isLostInTransfer(legs, talks),
    answeredBy: first?.extension ?? null
  }
}

/** The time in which somebody talked: a conversation that follows another one adds what is after its end. */
function talkedMs(talks: readonly TrueLeg[], endedAt: number): number {
  let [sum, until] = [0, 0]
  for (const { connectedAt, endedAt: to } of talks) {
    const from = Math.max(connectedAt ?? endedAt, until)
    until = Math.max(to ?? endedAt, until)
    sum += Math.max(0, until - from)
  }
  return sum
}

/** A phone rang during a conversation or after it, nobody answered, and nobody talked any more when it stopped. */
function isLostInTransfer(legs: readonly TrueLeg[], [first, ...others]: readonly TrueLeg[]): boolean {
  if (!first) return false
  const talkEndedAt = Math.max(...[first, ...others].map(leg => leg.endedAt ?? Number.POSITIVE_INFINITY))
  return legs.some(
    leg =>
      leg.role === 'agent' &&
      leg.connectedAt === null &&
      leg.ringingAt > (first.connectedAt ?? 0) &&
      (leg.endedAt ?? 0) > talkEndedAt
  )
}

function partiesOf({ family, from, to, startedAt }: CallScript): CallParties {
  if (family === 'Incoming')
    return {
      direction: 'inbound',
      businessNumber: to,
      clientNumber: from.startsWith('+') ? from : null,
      clientName: from.startsWith('+') ? null : from,
      startedAt
    }
  if (!to.startsWith('+'))
    return { direction: 'internal', businessNumber: from, clientNumber: null, clientName: null, startedAt }
  return {
    direction: family === 'Callback' ? 'callback' : 'outbound',
    businessNumber: from,
    clientNumber: to,
    clientName: null,
    startedAt
  }
}

function outcomeOf(direction: CallParties['direction'], legs: readonly TrueLeg[]): TrueOutcome {
  if (legs.some(leg => leg.connectedAt !== null)) return 'answered'
  if (direction !== 'inbound') return 'unanswered'
  return legs.length > 0 ? 'missed' : 'abandoned'
}

function refineOutcome(
  { leftVoicemail, startedAt, endedAt, random }: CallScript,
  outcome: TrueOutcome,
  direction: CallParties['direction']
): TrueCall['withRest']['outcome'] {
  if (outcome === 'answered') return outcome
  if (leftVoicemail) return 'voicemail'
  if (direction === 'inbound' && (endedAt ?? startedAt) - startedAt < DROPPED_BELOW_MS) return 'dropped'
  return direction === 'outbound' && random.chance(0.5) ? 'canceled' : outcome
}

/** Orders legs by start. Of phones that ring in the same instant, the lower extension comes first. */
function compareLegs(a: ScriptLeg, b: ScriptLeg): number {
  return (
    a.ringingAt - b.ringingAt ||
    (a.role === b.role ? 0 : a.role === 'dialer' ? -1 : 1) ||
    (a.extension < b.extension ? -1 : a.extension > b.extension ? 1 : a.attempt - b.attempt)
  )
}
