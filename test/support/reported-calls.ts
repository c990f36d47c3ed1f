import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import type { CallFact } from '../../src/reconcile/gaps/held-calls.js'
import { COMPANY_START } from './company.js'

const BUSINESS = '+15550100001'
const clientOf = (n: number) => `+1555937${String(n).padStart(4, '0')}`

/** Returns the instant so many minutes after the start of the company. */
export const atMinute = (minutes: number) => new Date(COMPANY_START + minutes * 60_000)
const isoAtMinute = (minutes: number) => atMinute(minutes).toISOString()

/** Returns the REST report of a call of one minute by the n-th client, read one minute after the end of the call. */
export function reportedCall(callId: string, n: number, at: number): CallFact {
  return {
    type: 'call.reported',
    account: 'default',
    source: 'rest',
    route: 'calls',
    callId,
    occurredAt: isoAtMinute(at + 2),
    receivedAt: isoAtMinute(at + 2),
    direction: 'inbound',
    status: 'missed',
    businessNumber: BUSINESS,
    clientNumber: clientOf(n),
    clientName: null,
    startedAt: isoAtMinute(at),
    durationSeconds: 60,
    parties: [],
    recordingId: null,
    recordingLink: null,
    raw: {}
  }
}

/** Returns the webhook events of the same call. */
export function webhookEventsOf(callId: string, n: number, at: number): Event[] {
  const eventAt = (type: 'call.started' | 'call.completed', minutes: number): Event => ({
    type,
    id: randomId(),
    account: 'default',
    source: 'webhook',
    occurredAt: isoAtMinute(minutes),
    receivedAt: isoAtMinute(minutes),
    callId,
    family: 'incoming',
    extension: null,
    from: clientOf(n),
    to: BUSINESS,
    guid: null,
    raw: {}
  })
  return [eventAt('call.started', at), eventAt('call.completed', at + 1)]
}

export const asEvents = (facts: readonly CallFact[]): Event[] => facts.map(fact => ({ ...fact, id: randomId() }))
