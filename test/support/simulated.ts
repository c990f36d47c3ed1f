import type { CallEvent } from '../../src/events/call.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { type Notification, SIMULATED_API_KEY } from '../../src/simulator/notifications.js'

const ACCOUNT = { id: 'default', apiKey: SIMULATED_API_KEY, region: 'US' } as const

/** The events of such notifications, by their calls. */
export function eventsByCall(notifications: readonly Notification[]): Map<string, CallEvent[]> {
  const events = new Map<string, CallEvent[]>()
  for (const { at, body } of notifications) {
    const event = parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date(at + 1_000))
    if (!event?.type.startsWith('call.')) throw new Error(`no call event: ${String(body.EventType)}`)
    const call = event as CallEvent // the only ones that a notification becomes, with such a type
    const own = events.get(call.callId)
    if (own) own.push(call)
    else events.set(call.callId, [call])
  }
  return events
}
