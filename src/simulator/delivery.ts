import { type Notification, timestampOf } from './notifications.js'
import { createRandom } from './random.js'

export interface Faults {
  seed: number
  /** The share, 0 to 1, of notifications that are never delivered. */
  drop?: number
  /** The share that is delivered twice. */
  duplicate?: number
  /** The share that is delivered late, and so out of order. */
  reorder?: number
  /** The maximum delay of late notifications and of second copies. Default: one minute. */
  delayMs?: number
}

/** Drops, duplicates and delays notifications; their bodies are unchanged. The same seed always has the same effect. */
export function applyFaults(
  notifications: readonly Notification[],
  { seed, drop = 0, duplicate = 0, reorder = 0, delayMs = 60_000 }: Faults
): Notification[] {
  const random = createRandom(seed, 100)
  const late = ({ at, body }: Notification): Notification => ({ at: at + random.int(1, Math.max(1, delayMs)), body })
  return notifications
    .flatMap(notification => {
      // Every fault is drawn for every notification, so that one share does not change which ones the others affect.
      const [isDropped, isDoubled, isLate] = [random.chance(drop), random.chance(duplicate), random.chance(reorder)]
      if (isDropped) return []
      const first = isLate ? late(notification) : notification
      return isDoubled ? [first, late(notification)] : [first]
    })
    .sort((a, b) => a.at - b.at)
}

/**
 * Spreads notifications evenly from an instant on, `rate` a second, and dates each when it is due. Their order stays,
 * the time between them does not. The ApiKey is removed, since a service that has a key of its own would refuse a
 * made-up one.
 */
export function paceNotifications(
  notifications: readonly Notification[],
  { startAt, rate }: { startAt: number; rate: number }
): Notification[] {
  return notifications.map(({ body }, i) => {
    const at = startAt + Math.floor((i * 1000) / rate)
    const members = Object.entries(body).filter(([name]) => !isNamed(name, 'ApiKey'))
    return {
      at,
      body: Object.fromEntries(
        members.map(([name, value]) => [name, isNamed(name, 'Timestamp') ? timestampOf(at, 0) : value])
      )
    }
  })
}

function isNamed(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase()
}

interface Delivery {
  /** When the notification is posted, in milliseconds since 1970. */
  at: number
  /** When it would be posted without faults. */
  dueAt: number
  body: Notification['body']
}

export interface DeliveryPlan {
  /** Ordered by `at`. */
  deliveries: Delivery[]
  /** When each dropped notification would have been due. */
  droppedAt: number[]
}

/** Plans which notifications are posted, and when. */
export function planDeliveries(notifications: readonly Notification[], faults: Faults): DeliveryPlan {
  const dueAt = new Map(notifications.map(({ at, body }) => [body, at]))
  const deliveries = applyFaults(notifications, faults).map(({ at, body }) => ({
    at,
    dueAt: dueAt.get(body) ?? at,
    body
  }))
  const delivered = new Set(deliveries.map(({ body }) => body))
  return { deliveries, droppedAt: notifications.filter(({ body }) => !delivered.has(body)).map(({ at }) => at) }
}
