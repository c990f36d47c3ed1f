import type { Random } from './random.js'

export type Notation = 'classic' | 'contact-center'
export type Family = 'Incoming' | 'Outgoing' | 'Callback'

/** One attempt to reach an extension, as the phone system records it. Times are milliseconds since 1970. */
export interface ScriptLeg {
  extension: string
  attempt: number
  role: 'agent' | 'dialer'
  family: Family
  ringingAt: number
  connectedAt: number | null
  endedAt: number | null
  /** When its phone stopped ringing; may be shortly before `connectedAt`. */
  stoppedAt: number | null
}

/** One thing that happens in a call and is notified. `extension` is null when the notification names none. */
export interface Step {
  at: number
  family: Family
  event: 'Call' | 'Ringing' | 'StopRinging' | 'Connected' | 'LegCompleted' | 'Completed'
  extension: string | null
  /** True when no other leg is connected, so that the leg is identified without its extension. */
  isOnlyTalk?: boolean
}

/** A call in progress. Scenarios move it forward in time, and each thing that happens is recorded as a step. */
export interface CallScript {
  id: string
  notation: Notation
  family: Family
  from: string
  to: string
  startedAt: number
  endedAt: number | null
  legs: ScriptLeg[]
  steps: Step[]
  /** The share of calls, 0 to 1, whose first talk lasts until half an hour to three hours after the start. */
  longCalls: number
  /** True when the client left a voicemail. */
  leftVoicemail: boolean
  /** The current instant of the call. */
  now: number
  random: Random
}

export interface CallStart {
  family: Family
  from: string
  to: string
  /** The extension that dials. */
  dialer?: string
}

export function createCallScript(random: Random, notation: Notation, at: number): CallScript {
  return {
    id: random.uuid(),
    notation,
    family: 'Incoming',
    from: '',
    to: '',
    startedAt: at,
    endedAt: null,
    legs: [],
    steps: [],
    longCalls: 0,
    leftVoicemail: false,
    now: at,
    random
  }
}

/** Records the start of the call. */
export function startCall(script: CallScript, { family, from, to, dialer }: CallStart): void {
  Object.assign(script, { family, from, to })
  addStep(script, 'Call', { family, extension: dialer ?? null })
  if (dialer === undefined) return
  addLeg(script, { extension: dialer, role: 'dialer', family })
  if (script.notation === 'contact-center') addStep(script, 'Ringing', { family, extension: dialer })
}

/** Moves the call forward by `min` to `max` milliseconds. */
export function advance(script: CallScript, min: number, max: number): void {
  script.now += script.random.int(min, max)
}

export function ring(script: CallScript, extension: string, family: Family = 'Incoming'): ScriptLeg {
  addStep(script, 'Ringing', { family, extension })
  return addLeg(script, { extension, role: 'agent', family })
}

export function stopRinging(script: CallScript, leg: ScriptLeg): void {
  leg.stoppedAt = leg.endedAt = script.now
  addStep(script, 'StopRinging', leg)
}

/**
 * Stops all ringing, as before a voicemail, with one notification that names no extension. A contact center has no such
 * notification and reports each phone.
 */
export function stopAllRinging(script: CallScript): void {
  const ringing = script.legs.filter(leg => leg.endedAt === null && leg.connectedAt === null)
  if (script.notation === 'contact-center')
    return ringing.forEach(leg => {
      stopRinging(script, leg)
    })
  for (const leg of ringing) leg.stoppedAt = leg.endedAt = script.now
  addStep(script, 'StopRinging', { family: 'Incoming', extension: null })
}

export function connect(script: CallScript, leg: ScriptLeg): void {
  leg.connectedAt = script.now
  addStep(script, 'Connected', leg)
}

/**
 * Connects a phone of a ring group. It also stops ringing, `stopsAfter` milliseconds after it is connected; negative
 * values are before it.
 */
export function connectInGroup(script: CallScript, leg: ScriptLeg, stopsAfter: number): void {
  connect(script, leg)
  if (script.notation === 'contact-center') return
  const at = Math.max(script.now + stopsAfter, leg.ringingAt + 1)
  if (at < script.now) leg.stoppedAt = at
  addStep(script, 'StopRinging', { ...leg, at })
}

export function completeLeg(script: CallScript, leg: ScriptLeg): void {
  leg.endedAt = script.now
  const isOnlyTalk =
    leg.connectedAt !== null &&
    !script.legs.some(
      other => other !== leg && other.connectedAt !== null && (other.endedAt ?? script.now) >= script.now
    )
  script.steps.push({ at: script.now, family: leg.family, event: 'LegCompleted', extension: leg.extension, isOnlyTalk })
}

/** Ends the call and every leg that is still open. */
export function completeCall(script: CallScript, extension: string | null = null): void {
  script.endedAt = script.now
  for (const leg of script.legs) leg.endedAt ??= script.now
  addStep(script, 'Completed', { family: script.family, extension })
}

function addStep(
  script: CallScript,
  event: Step['event'],
  { family, extension, at = script.now }: Pick<Step, 'family' | 'extension'> & { at?: number }
): void {
  script.steps.push({ at, family, event, extension })
}

function addLeg(
  script: CallScript,
  { extension, role, family }: Pick<ScriptLeg, 'extension' | 'role' | 'family'>
): ScriptLeg {
  const attempt = script.legs.filter(leg => leg.extension === extension).length + 1
  const leg: ScriptLeg = {
    extension,
    attempt,
    role,
    family,
    ringingAt: script.now,
    connectedAt: null,
    endedAt: null,
    stoppedAt: null
  }
  script.legs.push(leg)
  return leg
}
