import type { CallEvent } from '../../src/events/call.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { type Notification, SIMULATED_API_KEY } from '../../src/simulator/notifications.js'
import { groupBy } from './group-by.js'

const ACCOUNT = { id: 'default', apiKey: SIMULATED_API_KEY, region: 'US' } as const

/** Parses the notifications and groups the call events by call id. */
export function eventsByCall(notifications: readonly Notification[]): Map<string, CallEvent[]> {
  const events = notifications.map(({ at, body }) => {
    const event = parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date(at + 1_000))
    if (!event?.type.startsWith('call.')) throw new Error(`not a call event: ${String(body.EventType)}`)
    return event as CallEvent // all events whose type begins with `call.`
  })
  return groupBy(events, ({ callId }) => callId)
}
