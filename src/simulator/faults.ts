import type { Notification } from './notifications.js'
import { createRandom } from './random.js'

export interface Faults {
  seed: number
  /** The share, 0 to 1, of notifications that never arrive. */
  drop?: number
  /** The share that arrives twice. */
  duplicate?: number
  /** The share that arrives late, and so after others. */
  reorder?: number
  /** How late at most, second copies too. One minute. */
  delayMs?: number
}

/** What arrives of the notifications, and when: their bodies stay as they are. The same seed always does the same. */
export function applyFaults(
  notifications: readonly Notification[],
  { seed, drop = 0, duplicate = 0, reorder = 0, delayMs = 60_000 }: Faults
): Notification[] {
  const random = createRandom(seed, 100)
  const late = ({ at, body }: Notification): Notification => ({ at: at + random.int(1, Math.max(1, delayMs)), body })
  return notifications
    .flatMap(notification => {
      // All are drawn, so that one share leaves what the others hit as it is.
      const [isDropped, isDoubled, isLate] = [random.chance(drop), random.chance(duplicate), random.chance(reorder)]
      if (isDropped) return []
      const first = isLate ? late(notification) : notification
      return isDoubled ? [first, late(notification)] : [first]
    })
    .sort((a, b) => a.at - b.at)
}
