import { LogClosedError } from '../../errors.js'
import type { EventReader, Subscription } from '../port.js'
import type { LocalLogger } from './damage.js'
import type { SegmentSource } from './segments.js'
import { startSubscription } from './subscription.js'

/** The subscriptions of one open log. Each reads on its own, whatever its group: the one partition is never shared. */
export function createSubscriptions (source: SegmentSource, log: LocalLogger | undefined): Pick<EventReader, 'subscribe' | 'close'> {
  const running = new Set<Subscription>()
  let closed = false
  return {
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
