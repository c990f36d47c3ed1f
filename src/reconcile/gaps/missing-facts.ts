import type { CallEvent, CallReported } from '../../events/call.js'

/** A webhook of a call; times are in milliseconds since 1970. */
export interface WebhookFact {
  type: CallEvent['type']
  family: CallEvent['family']
  /** Null when it concerns the whole call, or does not name one. */
  extension: string | null
  isLegOnly: boolean
  occurredAt: number
  receivedAt: number
}

/** What the REST API reported of a call that has ended; times are in milliseconds since 1970. */
export interface RestReport {
  direction: CallReported['direction']
  startedAt: number
  endedAt: number
  parties: readonly Pick<CallReported['parties'][number], 'extension' | 'role' | 'connected'>[]
  isVoicemail: boolean
  /** When REST first responded with it. */
  reportedAt: number
  /** When it was appended to the log. */
  receivedAt: number
}

/** The whole call, its end, or single facts of it; the worst applies. */
export type MissingInCall = 'call' | 'completion' | 'facts'

/**
 * What these webhooks have not announced of a call; null when nothing is known to be missing.
 * REST reports no times of legs and no phones that only rang, so a lost second attempt or a lost "stopped ringing"
 * cannot be known.
 *
 * @param report  null when REST has no report, or none that knows the end
 */
export function findMissing(heard: readonly WebhookFact[], told: RestReport | null): MissingInCall | null {
  if (heard.length === 0) return told ? 'call' : null
  if (!heard.some(fact => endsCall(fact, callerExtension(heard)))) return 'completion'
  return hasStart(heard) && rangFirst(heard) && (!told || namesParties(heard, told)) ? null : 'facts'
}

/**
 * A call also ends with its caller's leg in accounts that do not distinguish the two: the extension of
 * OutgoingCallCompleted is the caller's.
 */
export function endsCall({ type, family, extension, isLegOnly }: WebhookFact, caller: string | null): boolean {
  if (type !== 'call.completed' || isLegOnly) return false
  return extension === null || (family === 'outgoing' && (caller === null || extension === caller))
}

export function callerExtension(heard: readonly WebhookFact[]): string | null {
  return heard.find(fact => fact.type === 'call.started' && fact.family === 'outgoing')?.extension ?? null
}

const hasStart = (heard: readonly WebhookFact[]): boolean => heard.some(fact => fact.type === 'call.started')

/**
 * Whether every phone that stopped ringing, was answered, or whose leg ended has a "ringing" of its own; a contact
 * center sends both. The caller's own phone does not ring.
 */
function rangFirst(heard: readonly WebhookFact[]): boolean {
  const rang = new Set(heard.filter(fact => fact.type === 'call.ringing').map(fact => fact.extension))
  return heard.every(
    fact => fact.family === 'outgoing' || fact.extension === null || !followsRing(fact) || rang.has(fact.extension)
  )
}

function followsRing({ type, isLegOnly }: WebhookFact): boolean {
  return type === 'call.connected' || type === 'call.ring-stopped' || (type === 'call.completed' && isLegOnly)
}

/**
 * Whether webhooks named every party of the report, and announced the connection of those who talked. In an internal
 * call only the colleague's connection is announced, not the caller's.
 */
function namesParties(heard: readonly WebhookFact[], { direction, parties }: RestReport): boolean {
  return parties.every(({ extension, role, connected }) => {
    if (!heard.some(fact => fact.extension === extension)) return false
    if (!connected || (direction === 'internal' && role === 'caller')) return true
    return heard.some(
      fact => fact.type === 'call.connected' && (fact.extension === extension || fact.extension === null)
    )
  })
}
