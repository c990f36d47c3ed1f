import type { Subscription } from '../port.js'
import { type ConsumerNeeds, openSession, type Session } from './consumer.js'
import { kafkaProblem } from './errors.js'
import { backOffMs, pause } from './pauses.js'

/**
 * Keeps a consumer in the group until it is closed. kafkajs's consumers can end for good, with a crash or in silence:
 * then a new one takes over, first at once, later with longer and longer pauses.
 */
export function superviseConsumer (needs: ConsumerNeeds): Subscription {
  const stop = new AbortController()
  const stopped = new Promise<null>(resolve => stop.signal.addEventListener('abort', () => resolve(null)))
  let session: Session | null = null
  let problem: string | null = null
  const supervising = supervise()

  async function supervise (): Promise<void> {
    for (let failures = 1; !stop.signal.aborted; failures++) {
      session = openSession(needs)
      const reason = await Promise.race([session.ended, stopped])
      if (session.hasJoined()) failures = 1
      if (!stop.signal.aborted) report(reason)
      // The batch in hand is waited for, so that no partition is ever handled twice at the same time in one process.
      await session.close()
      session = null
      await pause(backOffMs(failures), stop.signal)
    }
  }

  function report (reason: unknown): void {
    problem = kafkaProblem(reason)
    needs.log.warn({ group: needs.subscription.group, problem }, 'a consumer has ended: a new one takes its place')
  }

  function trouble (): string | null {
    if (stop.signal.aborted) return 'is closed'
    if (session?.hasJoined()) return session.trouble()
    return problem ?? session?.trouble() ?? 'is joining its consumer group'
  }

  async function close (): Promise<void> {
    stop.abort()
    await supervising
  }

  return { trouble, close }
}
