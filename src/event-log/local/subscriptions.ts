import { LogClosedError } from '../../errors.js'
import type { EventReader, Offset } from '../port.js'
import type { LocalLogger } from './damage.js'
import type { SegmentSource } from './segments.js'
import { type LocalSubscription, startSubscription } from './subscription.js'

export interface Subscriptions extends Pick<EventReader, 'subscribe' | 'close'> {
  /** Below it every subscription has handled all; null when there is none, or one that has not begun. */
  handledBelow: () => Offset | null
}

/** The subscriptions of one open log. Each reads on its own, whatever its group: the one partition is never shared. */
export function createSubscriptions (source: SegmentSource, log: LocalLogger | undefined): Subscriptions {
  const running = new Set<LocalSubscription>()
  let closed = false
  return {
    handledBelow: () => {
      const all = [...running].map(subscription => subscription.handledBelow())
      const known = all.filter(offset => offset !== null)
      return known.length === 0 || known.length < all.length ? null : known.reduce((least, offset) => offset < least ? offset : least)
    },
    subscribe: async options => {
      if (closed) throw new LogClosedError()
      const started = startSubscription(source, options, log)
      const subscription = {
        ...started,
        close: async () => {
          await started.close()
          running.delete(subscription)
        }
      }
      running.add(subscription)
      return subscription
    },
    close: async () => {
      closed = true
      await Promise.all([...running].map(subscription => subscription.close()))
    }
  }
}
