import { timestampOf } from './notation.js'
import type { Notification } from './notifications.js'

/**
 * The same notifications from an instant on, so many a second, each saying that it happened when it is due.
 * Their order stays, their distances do not: a talk takes as long as others need to be told. No ApiKey is in them,
 * since a service that knows its account's own would refuse a made-up one.
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
