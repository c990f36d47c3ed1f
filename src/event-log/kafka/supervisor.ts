import { backOffMs, pause } from '../../lib/backoff.js'
import type { Subscription } from '../port.js'
import { type ConsumerOptions, type ConsumerSession, openConsumerSession } from './consumer.js'
import { describeKafkaError } from './errors.js'

/**
 * Keeps a consumer in the group until it is closed. A kafkajs consumer can stop for good, by a crash or silently: it is
 * replaced by a new one, at once after the first failure and with increasing back-off after further ones.
 */
export function superviseConsumer(needs: ConsumerOptions): Subscription {
  const stop = new AbortController()
  const stopped = new Promise<null>(resolve => stop.signal.addEventListener('abort', () => resolve(null)))
  let session: ConsumerSession | null = null
  let problem: string | null = null
  let failures = 0
  const supervising = supervise()

  async function supervise(): Promise<void> {
    while (!stop.signal.aborted) {
      const current = openConsumerSession(needs)
      session = current
      const recoveryCheck = setInterval(() => {
        if (current.hasJoined()) clearFailures()
      }, RECOVERED_MS).unref()
      const reason = await Promise.race([current.ended, stopped])
      clearInterval(recoveryCheck)
      if (!stop.signal.aborted) recordFailure(reason)
      // Wait for the batches in progress, so that one process never handles a partition twice at the same time.
      await current.close()
      session = null
      await pause(backOffMs(failures), stop.signal)
    }
  }

  function recordFailure(reason: unknown): void {
    failures++
    problem = describeKafkaError(reason, needs.options)
    needs.onFailure(reason)
    needs.log.warn({ group: needs.subscription.group, problem }, 'the Kafka consumer has stopped and is replaced')
  }

  function clearFailures(): void {
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
 * Failures are forgotten after this time. With a shorter one, a record that crashes every consumer would go unnoticed.
 */
const RECOVERED_MS = 5_000
