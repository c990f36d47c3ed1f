import type { Consumer } from 'kafkajs'

export interface Liveness {
  trouble: () => string | null
  stop: () => void
}

export interface LivenessOptions {
  onSilence: (reason: Error) => void
  /** How long a consumer may be silent. */
  silenceMs?: number | undefined
}

/** Watches the events of a consumer: one that hangs emits none at all, not even CRASH. */
export function watchLiveness(consumer: Consumer, { onSilence, silenceMs = SILENCE_MS }: LivenessOptions): Liveness {
  const { CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } = consumer.events
  let lastEventAt = performance.now()
  for (const event of [CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS]) {
    consumer.on(event, () => {
      lastEventAt = performance.now()
    })
  }
  const silentMs = () => performance.now() - lastEventAt
  const timer = setInterval(() => {
    if (silentMs() > silenceMs) onSilence(new Error('the consumer has been silent for too long'))
  }, 1_000).unref()
  return {
    trouble: () =>
      silentMs() > NOTABLE_SILENCE_MS ? `no response from the brokers for ${Math.round(silentMs() / 1_000)} s` : null,
    stop: () => clearInterval(timer)
  }
}

/** A joining member emits no events while it waits for the others, so the allowed silence must be longer than this. */
export const REBALANCE_MS = 20_000
const SILENCE_MS = 30_000
const NOTABLE_SILENCE_MS = 10_000

export interface Fetches {
  /** Why nothing is read, or `null`. */
  trouble: () => string | null
}

/**
 * Watches whether fetches succeed, and calls `onRecovery` when one succeeds after a failed one, before its records are
 * handled.
 * Fetches fail while a topic is deleted. When it is re-created they succeed again, and kafkajs continues at the old
 * offset: the records of the new topic below that offset would be skipped.
 */
export function watchFetches(consumer: Pick<Consumer, 'on' | 'events'>, onRecovery: () => void): Fetches {
  const { FETCH_START, FETCH, GROUP_JOIN } = consumer.events
  const open = new Set<number>()
  const failed = new Set<number>()
  let sinceJoin = { hasFetched: false, failing: new Set<number>() } // after it, other brokers may be fetched from
  consumer.on(GROUP_JOIN, () => {
    sinceJoin = { hasFetched: false, failing: new Set() }
  })
  consumer.on(FETCH_START, ({ payload: { nodeId } }) => {
    if (open.has(nodeId)) {
      // kafkajs emits no event for a failed fetch
      failed.add(nodeId)
      sinceJoin.failing.add(nodeId)
    }
    open.add(nodeId)
  })
  consumer.on(FETCH, ({ payload: { nodeId } }) => {
    open.delete(nodeId)
    sinceJoin.hasFetched = true
    sinceJoin.failing.delete(nodeId)
    if (failed.delete(nodeId)) onRecovery()
  })
  return {
    trouble: () => {
      if (sinceJoin.failing.size > 0) return 'fetching records from Kafka fails'
      return sinceJoin.hasFetched ? null : 'no records have been fetched from Kafka yet'
    }
  }
}
