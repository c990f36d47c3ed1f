import type { Consumer } from 'kafkajs'

export interface Liveness {
  trouble: () => string | null
  stop: () => void
}

export interface LivenessNeeds {
  onSilence: (reason: Error) => void
  /** How long a consumer may be silent. */
  silenceMs?: number | undefined
}

/** Watches a consumer's events. One that hangs says nothing at all, not even that it crashed. */
export function watchLiveness(consumer: Consumer, { onSilence, silenceMs = SILENCE_MS }: LivenessNeeds): Liveness {
  const { CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } = consumer.events
  let lastSign = performance.now()
  for (const event of [CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS]) {
    consumer.on(event, () => {
      lastSign = performance.now()
    })
  }
  const silentMs = () => performance.now() - lastSign
  const timer = setInterval(() => {
    if (silentMs() > silenceMs) onSilence(new Error('the consumer gave no sign of life'))
  }, 1_000).unref()
  return {
    trouble: () =>
      silentMs() > NOTABLE_SILENCE_MS ? `the brokers have been silent for ${Math.round(silentMs() / 1_000)} s` : null,
    stop: () => clearInterval(timer)
  }
}

/** A member that joins says nothing while it waits for the others, so silence must last longer than that may take. */
export const REBALANCE_MS = 20_000
const SILENCE_MS = 30_000
const NOTABLE_SILENCE_MS = 10_000

/**
 * Calls back when a fetch succeeds after one that failed, before anything of it is handled.
 * While a topic is gone, fetches fail; once it was made again they succeed, and kafkajs goes on at the old offset as if
 * nothing had been: records of the new topic below that offset would go by unread.
 */
export function watchFetches(consumer: Consumer, onRecovery: () => void): void {
  const { FETCH_START, FETCH } = consumer.events
  const open = new Set<number>()
  const failed = new Set<number>()
  consumer.on(FETCH_START, ({ payload: { nodeId } }) => {
    if (open.has(nodeId)) failed.add(nodeId) // a failure has no event of its own
    open.add(nodeId)
  })
  consumer.on(FETCH, ({ payload: { nodeId } }) => {
    open.delete(nodeId)
    if (failed.delete(nodeId)) onRecovery()
  })
}
