import type { CallEvent } from '../../src/events/call.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { BUSINESS_NUMBER, CLIENT_NUMBER } from './documented-notifications.js'

export const START = Date.UTC(2026, 10, 23, 8)

export interface CallParties {
  id?: string
  from?: string
  to?: string
}

/**
 * Returns the events of a call, given by their documented names: `IncomingCall > IncomingCallRinging(101) > …`.
 * They are 10 s apart; `@25` after a name sets its time in seconds from the start instead.
 */
export function history(sequence: string, { id = 'call-1', ...parties }: CallParties = {}): CallEvent[] {
  const incoming = sequence.startsWith('Incoming')
  const { from = incoming ? CLIENT_NUMBER : BUSINESS_NUMBER, to = incoming ? BUSINESS_NUMBER : CLIENT_NUMBER } = parties
  return sequence.split('>').map((step, i) => {
    const [, type = '', extension, seconds] = /^\s*(\w+)(?:\((\w*)\))?(?:@([\d.]+))?\s*$/.exec(step) ?? []
    const Timestamp = new Date(START + Number(seconds ?? i * 10) * 1000).toISOString()
    const body = {
      EventType: type,
      Timestamp,
      Body: { Id: id, From: from, To: to, ...(extension !== undefined && { Extension: extension }) }
    }
    const event = parseNotification(
      { id: 'default', apiKey: null, region: 'US' },
      Buffer.from(JSON.stringify(body)),
      // not before it occurred, which would be by a wrong clock
      new Date(Math.max(START + 3_600_000, Date.parse(Timestamp)))
    )
    if (!event?.type.startsWith('call.')) throw new Error(`not a call event: ${step}`)
    return event as CallEvent // all events whose type begins with `call.`
  })
}

/** Converts a time in milliseconds to seconds after the start of a history. */
export function sinceStart(at: number | null): number | null {
  return at === null ? null : (at - START) / 1000
}
