import type { EachBatchPayload } from 'kafkajs'
import type { Logger } from 'pino'
import type { BatchHandler } from '../port.js'
import type { AssignedPartition, Assignment } from './assignment.js'
import { fromMessage, logTopic } from './requests.js'

export const HEARTBEAT_MS = 500

export interface BatchHandlerOptions {
  assignment: Assignment
  handle: BatchHandler
  topicPrefix: string
  /** True when no new batch may be started. */
  isClosing: () => boolean
  log: Logger
}

/**
 * Passes the batches of kafkajs to the handler. It throws heartbeat errors only: any other error counts towards the ten
 * retries that kafkajs grants in the whole life of a consumer, after which the consumer stops for good.
 */
export function createBatchHandler({ assignment, handle, topicPrefix, isClosing, log }: BatchHandlerOptions) {
  return async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const assigned = findPartition(payload)
    if (!assigned) return
    const { topic, partition } = assigned
    const records = payload.batch.messages.map(message => fromMessage(assigned, message))
    const heartbeats = startHeartbeats(payload.heartbeat, HEARTBEAT_MS)
    const failure = await failureOf(async () => {
      await handle({ topic, partition, records, heartbeat: payload.heartbeat })
    })
    const lost = await heartbeats.stop()
    // A batch that was in progress during a rebalance is ignored: `startAt` determines the new start.
    if (assignment.find(assigned) === assigned && !payload.isStale()) {
      if (failure) {
        log.warn(
          { err: failure.err, topic, partition, offset: String(records[0]?.offset) },
          'the handler rejected a batch: it will be delivered again'
        )
        assignment.backOff(assigned)
      } else {
        await advance(payload, assigned, lost === null)
      }
    }
    if (lost) throw lost
  }

  /** Returns the partition of a batch that may be handled, or `null` for a batch to be returned unresolved. */
  function findPartition({ batch, isRunning, isStale }: EachBatchPayload): AssignedPartition | null {
    const topic = logTopic(topicPrefix, batch.topic)
    const assigned = topic && assignment.find({ topic, partition: batch.partition })
    const first = batch.messages[0]
    if (!assigned || assigned.next === null || !first || isClosing() || !isRunning() || isStale()) return null
    const offset = BigInt(first.offset)
    // A lower offset means that the topic was re-created or that kafkajs reset to the first record. A higher one means
    // a hole, or only a transaction marker. `startAt` and the bounds tell which.
    if (offset < assigned.next || (offset > assigned.next && !assigned.gapAccepted)) {
      assignment.restart(assigned)
      return null
    }
    return assigned
  }

  async function advance(
    { batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload,
    assigned: AssignedPartition,
    mayCommit: boolean
  ): Promise<void> {
    resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset())
    assigned.next = BigInt(batch.lastOffset()) + 1n
    assigned.gapAccepted = false
    assigned.rejections = 0
    if (!mayCommit) return
    // Committed offsets serve lag tools only and are never a start, so a failure is harmless.
    const partitions = [{ partition: batch.partition, offset: String(assigned.next) }]
    await commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions }] }).catch((err: unknown) => {
      log.debug({ err, topic: assigned.topic, partition: assigned.partition }, 'committing the offset to Kafka failed')
    })
  }
}

async function failureOf(work: () => Promise<void>): Promise<{ err: unknown } | null> {
  try {
    await work()
    return null
  } catch (err) {
    return { err }
  }
}

export interface Heartbeats {
  /** Stops the heartbeats and resolves with the error of a failed one, or `null`. */
  stop: () => Promise<unknown>
}

/**
 * Sends heartbeats while a handler runs, so that a slow one is not removed from its group; ends at the first failure.
 */
function startHeartbeats(beat: () => Promise<void>, everyMs: number): Heartbeats {
  let failure: unknown = null
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = beat().catch((err: unknown) => {
      failure ??= err
      clearInterval(timer)
    })
  }, everyMs)

  async function stop(): Promise<unknown> {
    clearInterval(timer)
    await last
    return failure
  }

  return { stop }
}
