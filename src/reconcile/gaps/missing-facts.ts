import type { CallEvent, CallReported } from '../../events/call.js'

/** What a webhook told of a call; times in milliseconds since 1970. */
export interface WebhookFact {
  type: CallEvent['type']
  family: CallEvent['family']
  /** Null: of the whole call, or not named. */
  extension: string | null
  isLegOnly: boolean
  occurredAt: number
  receivedAt: number
}

/** What the routes of the REST API said of a call that has ended; times in milliseconds since 1970. */
export interface RestReport {
  direction: CallReported['direction']
  startedAt: number
  endedAt: number
  parties: readonly Pick<CallReported['parties'][number], 'extension' | 'role' | 'connected'>[]
  isVoicemail: boolean
  /** When REST answered so first. */
  reportedAt: number
  /** When we had it in the log. */
  receivedAt: number
}

/** Nothing of a call, its end, or single facts of it: the worst counts. */
export type MissingInCall = 'call' | 'completion' | 'facts'

/**
 * What these webhooks have not told of a call; null when nothing is known to be missing.
 * REST tells no times of legs and nothing of phones that only rang, so a lost second attempt or a lost "stopped
 * ringing" cannot be known.
 * @param told  null: REST says nothing, or not that the call has ended
 */
export function findMissing(heard: readonly WebhookFact[], told: RestReport | null): MissingInCall | null {
  if (heard.length === 0) return told ? 'call' : null
  if (!heard.some(fact => endsCall(fact, callerExtension(heard)))) return 'completion'
  return hasStart(heard) && rangFirst(heard) && (!told || namesParties(heard, told)) ? null : 'facts'
}

/**
 * A call also ends with its caller's leg, where the account does not tell the two apart; the extension of
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
 * A phone that stopped ringing, was answered, or whose part ended (as a contact center tells both), has rung. The
 * caller's own does not.
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
 * Whom REST names a webhook named, and who talked was connected. Between colleagues nobody tells the caller's
 * connection: it is the colleague's.
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
