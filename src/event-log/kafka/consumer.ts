import type { Consumer, EachBatchHandler } from 'kafkajs'
import type { Logger } from 'pino'
import { pause } from '../../lib/backoff.js'
import type { EventReader, SubscribeOptions, TopicPartition } from '../port.js'
import { createAssignment, createFindStart } from './assignment.js'
import { createBatchHandler, HEARTBEAT_MS } from './batches.js'
import { createKafkaClient, type KafkaOptions } from './client.js'
import { describeKafkaError, type ErrorContext } from './errors.js'
import { REBALANCE_MS, watchFetches, watchLiveness } from './liveness.js'
import { kafkaTopic, logTopic } from './requests.js'

export interface ConsumerOptions {
  options: KafkaOptions
  subscription: SubscribeOptions
  bounds: EventReader['bounds']
  /** Called with the reason when a consumer ends by itself. */
  onFailure: (err: unknown) => void
  log: Logger
  /** How long a consumer may be silent before it is replaced; set by tests only. */
  silenceMs?: number | undefined
}

/** One kafkajs consumer from start to end; it is never restarted. */
export interface ConsumerSession {
  /** Resolves with the reason when the consumer ends by itself: a crash, a failed start, or silence. */
  ended: Promise<unknown>
  /** True after the consumer has joined its group. */
  hasJoined: () => boolean
  trouble: () => string | null
  /** Waits for the batches in progress, then leaves the group. */
  close: () => Promise<void>
}

export function openConsumerSession({
  options,
  subscription,
  bounds,
  log,
  silenceMs
}: ConsumerOptions): ConsumerSession {
  const { group, topics, startAt, handle } = subscription
  const { topicPrefix } = options
  const consumer = createKafkaClient(options, 'consumer', log).consumer(settingsOf(group))
  const assignment = createAssignment({ consumer, topicPrefix, findStart: createFindStart(startAt, bounds, log), log })
  const state = { closing: false, joined: false }
  const end = createEndSignal(options)
  const liveness = watchLiveness(consumer, { onSilence: end.reach, silenceMs })
  const fetches = watchFetches(consumer, assignment.restartAll)
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => end.reach(error))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    state.joined = true
    assignment.assign(partitionsOf(memberAssignment, topicPrefix))
  })
  const { eachBatch, inFlight } = trackInFlight(
    createBatchHandler({ assignment, handle, topicPrefix, isClosing: () => state.closing, log })
  )
  const running = run(
    consumer,
    topics.map(topic => kafkaTopic(topicPrefix, topic)),
    eachBatch
  ).catch(end.reach)

  async function close(): Promise<void> {
    state.closing = true
    liveness.stop()
    // A consumer that is still joining cannot be stopped and would run on: it is disconnected after it has joined.
    const left = running
      .then(() => consumer.disconnect())
      .catch((err: unknown) => log.debug({ err }, 'a consumer did not leave its group cleanly'))
    await Promise.allSettled(inFlight)
    await Promise.race([left, pause(LEAVE_MS)])
    assignment.clear()
  }

  function trouble(): string | null {
    if (end.problem()) return end.problem()
    if (!state.joined) return 'is joining its consumer group'
    return liveness.trouble() ?? assignment.trouble() ?? (assignment.isEmpty() ? null : fetches.trouble())
  }

  return { ended: end.reached, hasJoined: () => state.joined, trouble, close }
}

const CONCURRENT = 3
const LEAVE_MS = 10_000

function settingsOf(groupId: string) {
  return {
    groupId,
    sessionTimeout: 6_000,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 200,
    metadataMaxAge: 60_000, // new partitions are read after at most this time
    allowAutoTopicCreation: false,
    retry: {
      retries: 10,
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      // kafkajs restarts after some crashes only. The supervisor replaces the consumer after every crash instead.
      restartOnFailure: async () => false
    }
  }
}

async function run(consumer: Consumer, topics: string[], eachBatch: EachBatchHandler): Promise<void> {
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: CONCURRENT,
    eachBatch
  })
}

/** A signal that keeps the first reason. */
function createEndSignal(context: ErrorContext) {
  let problem: string | null = null
  let resolve: (reason: unknown) => void = () => {}
  const reached = new Promise<unknown>(resolveReached => {
    resolve = resolveReached
  })
  return {
    reached,
    reach: (reason: unknown) => {
      problem ??= describeKafkaError(reason, context)
      resolve(reason)
    },
    problem: () => problem
  }
}

function trackInFlight(handle: EachBatchHandler): {
  eachBatch: EachBatchHandler
  inFlight: ReadonlySet<Promise<void>>
} {
  const inFlight = new Set<Promise<void>>()
  async function eachBatch(payload: Parameters<EachBatchHandler>[0]): Promise<void> {
    const batch = handle(payload)
    inFlight.add(batch)
    await batch.finally(() => inFlight.delete(batch))
  }
  return { eachBatch, inFlight }
}

function partitionsOf(assignment: Record<string, number[]>, topicPrefix: string): TopicPartition[] {
  return Object.entries(assignment).flatMap(([name, partitions]) => {
    const topic = logTopic(topicPrefix, name)
    return topic ? partitions.map(partition => ({ topic, partition })) : []
  })
}
