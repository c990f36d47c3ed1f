import type { EachBatchPayload } from 'kafkajs'
import type { Logger } from 'pino'
import type { BatchHandler } from '../port.js'
import type { Assignment, Place } from './assignment.js'
import { fromMessage, logTopic } from './requests.js'

export const HEARTBEAT_MS = 500

export interface BatchNeeds {
  assignment: Assignment
  handle: BatchHandler
  topicPrefix: string
  /** True once no new batch may be begun. */
  isClosing: () => boolean
  log: Logger
}

/**
 * Gives kafkajs's batches to the handler. It throws only what a heartbeat threw: of anything else kafkajs would count
 * ten
 * in the life of a consumer, however far apart, and then let it die.
 */
export function createBatches({ assignment, handle, topicPrefix, isClosing, log }: BatchNeeds) {
  return async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const place = findPlace(payload)
    if (!place) return
    const { topic, partition } = place
    const records = payload.batch.messages.map(message => fromMessage(place, message))
    const heart = keepAlive(payload.heartbeat, HEARTBEAT_MS)
    const failure = await failureOf(async () => {
      await handle({ topic, partition, records, heartbeat: payload.heartbeat })
    })
    const lost = await heart.stop()
    // A batch that was in hand while the group was joined again counts for nothing: the new start is what startAt says.
    if (assignment.find(place) === place && !payload.isStale()) {
      if (failure) {
        log.warn(
          { err: failure.err, topic, partition, offset: String(records[0]?.offset) },
          'a batch was not handled: it comes again'
        )
        assignment.rest(place)
      } else {
        await advance(payload, place, lost === null)
      }
    }
    if (lost) throw lost
  }

  /** The place of a batch that may be handled; any other goes back unresolved. */
  function findPlace({ batch, isRunning, isStale }: EachBatchPayload): Place | null {
    const topic = logTopic(topicPrefix, batch.topic)
    const place = topic && assignment.find({ topic, partition: batch.partition })
    const first = batch.messages[0]
    if (!place || place.next === null || !first || isClosing() || !isRunning() || isStale()) return null
    const offset = BigInt(first.offset)
    // Lower: the topic was made anew, or kafkajs went back to the first record of its own accord. Higher: a hole, or
    // only a
    // transaction's marker. startAt and the bounds tell which it is.
    if (offset < place.next || (offset > place.next && !place.gapAccepted)) {
      assignment.startAgain(place)
      return null
    }
    return place
  }

  async function advance(
    { batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload,
    place: Place,
    mayCommit: boolean
  ): Promise<void> {
    resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset())
    place.next = BigInt(batch.lastOffset()) + 1n
    place.gapAccepted = false
    place.rejections = 0
    if (!mayCommit) return
    // For tools that show lag, and never a start of ours: so it may fail.
    const partitions = [{ partition: batch.partition, offset: String(place.next) }]
    await commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions }] }).catch((err: unknown) => {
      log.debug({ err, topic: place.topic, partition: place.partition }, 'the offset was not committed to Kafka')
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

export interface KeptAlive {
  /** Stops and gives what made the heart stop before, or null. */
  stop: () => Promise<unknown>
}

/** Beats while a handler works, so that a slow one is not thrown out of its group. After a failure it beats no more. */
export function keepAlive(beat: () => Promise<void>, everyMs: number): KeptAlive {
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
