import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import type { CallFact } from '../../src/reconcile/gaps/held-calls.js'
import { COMPANY_START } from './company.js'

const BUSINESS = '+15550100001'
const clientOf = (n: number) => `+1555937${String(n).padStart(4, '0')}`

/** Minutes from the start, as RFC 3339. */
export const minute = (minutes: number) => new Date(COMPANY_START + minutes * 60_000)
const iso = (minutes: number) => minute(minutes).toISOString()

/**
 * What REST says, a minute after its end, of a call of one minute that began so many minutes from the start, by the
 * n-th client.
 */
export function reported(callId: string, n: number, at: number): CallFact {
  return {
    type: 'call.reported',
    account: 'default',
    source: 'rest',
    route: 'calls',
    callId,
    occurredAt: iso(at + 2),
    receivedAt: iso(at + 2),
    direction: 'inbound',
    status: 'missed',
    businessNumber: BUSINESS,
    clientNumber: clientOf(n),
    clientName: null,
    startedAt: iso(at),
    durationSeconds: 60,
    parties: [],
    recordingId: null,
    recordingLink: null,
    raw: {}
  }
}

/** What webhooks say of such a call. */
export function notified(callId: string, n: number, at: number): Event[] {
  const told = (type: 'call.started' | 'call.completed', minutes: number): Event => ({
    type,
    id: randomId(),
    account: 'default',
    source: 'webhook',
    occurredAt: iso(minutes),
    receivedAt: iso(minutes),
    callId,
    family: 'incoming',
    extension: null,
    from: clientOf(n),
    to: BUSINESS,
    guid: null,
    raw: {}
  })
  return [told('call.started', at), told('call.completed', at + 1)]
}

export const asEvents = (facts: readonly CallFact[]): Event[] => facts.map(fact => ({ ...fact, id: randomId() }))
