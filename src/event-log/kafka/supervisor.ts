import { backOffMs, pause } from '../../lib/backoff.js'
import type { Subscription } from '../port.js'
import { type ConsumerNeeds, openSession, type Session } from './consumer.js'
import { kafkaProblem } from './errors.js'

/**
 * Keeps a consumer in the group until it is closed. kafkajs's consumers can end for good, with a crash or in silence:
 * then a new one takes over, first at once, and later with longer and longer pauses.
 */
export function superviseConsumer(needs: ConsumerNeeds): Subscription {
  const stop = new AbortController()
  const stopped = new Promise<null>(resolve => stop.signal.addEventListener('abort', () => resolve(null)))
  let session: Session | null = null
  let problem: string | null = null
  let failures = 0
  const supervising = supervise()

  async function supervise(): Promise<void> {
    while (!stop.signal.aborted) {
      const current = openSession(needs)
      session = current
      const overcome = setInterval(() => {
        if (current.hasJoined()) forget()
      }, OVERCOME_MS).unref()
      const reason = await Promise.race([current.ended, stopped])
      clearInterval(overcome)
      if (!stop.signal.aborted) note(reason)
      // The batches in hand are waited for, so that no partition is handled twice at the same time in one process.
      await current.close()
      session = null
      await pause(backOffMs(failures), stop.signal)
    }
  }

  function note(reason: unknown): void {
    failures++
    problem = kafkaProblem(reason)
    needs.log.warn({ group: needs.subscription.group, problem }, 'a consumer has ended: a new one takes its place')
  }

  function forget(): void {
    failures = 0
    problem = null
  }

  async function close(): Promise<void> {
    stop.abort()
    await supervising
  }

  return {
    trouble: () => (stop.signal.aborted ? 'is closed' : (problem ?? session?.trouble() ?? null)),
    close
  }
}

/**
 * One that has lived so long has overcome what its forerunner died of. Sooner, a record that kills each of them would
 * look well in between.
 */
const OVERCOME_MS = 5_000
