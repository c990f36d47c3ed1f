import { applyFaults, type Faults } from '../../faults.js'
import type { Notification } from '../../notifications.js'

export interface Delivery {
  /** When it is posted, in milliseconds since 1970. */
  at: number
  /** When it would be, if all were well. */
  dueAt: number
  body: Notification['body']
}

export interface DeliveryPlan {
  /** In the order of their posting. */
  deliveries: Delivery[]
  /** When each of those would have been due that are never posted. */
  droppedAt: number[]
}

/** What MightyCall will post of its notifications, and what it will not. */
export function planDeliveries(notifications: readonly Notification[], faults: Faults): DeliveryPlan {
  const dueAt = new Map(notifications.map(({ at, body }) => [body, at]))
  const deliveries = applyFaults(notifications, faults).map(({ at, body }) => ({ at, dueAt: dueAt.get(body) ?? at, body }))
  const delivered = new Set(deliveries.map(({ body }) => body))
  return { deliveries, droppedAt: notifications.filter(({ body }) => !delivered.has(body)).map(({ at }) => at) }
}
