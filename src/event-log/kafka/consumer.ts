import type { Consumer, EachBatchHandler } from 'kafkajs'
import type { Logger } from 'pino'
import { pause } from '../../lib/backoff.js'
import type { EventReader, SubscribeOptions, TopicPartition } from '../port.js'
import { createAssignment, createFindStart } from './assignment.js'
import { createBatches, HEARTBEAT_MS } from './batches.js'
import { createClient, type KafkaOptions } from './client.js'
import { kafkaProblem } from './errors.js'
import { REBALANCE_MS, watchFetches, watchLiveness } from './liveness.js'
import { kafkaTopic, logTopic } from './requests.js'

export interface ConsumerNeeds {
  options: KafkaOptions
  subscription: SubscribeOptions
  bounds: EventReader['bounds']
  log: Logger
  /** How long a consumer may be silent before another takes its place; given by tests alone. */
  silenceMs?: number | undefined
}

/** One kafkajs consumer, from its start to its end; it is never restarted. */
export interface Session {
  /** Resolves with the reason once it has ended by itself: a crash, a failed start, silence. */
  ended: Promise<unknown>
  /** True once it has been in the group. */
  hasJoined: () => boolean
  trouble: () => string | null
  /** Waits for the batches in hand, then leaves the group. */
  close: () => Promise<void>
}

export function openSession({ options, subscription, bounds, log, silenceMs }: ConsumerNeeds): Session {
  const { group, topics, startAt, handle } = subscription
  const { topicPrefix } = options
  const consumer = createClient(options, 'long', log).consumer(settingsOf(group))
  const assignment = createAssignment({ consumer, topicPrefix, findStart: createFindStart(startAt, bounds, log), log })
  const state = { closing: false, joined: false }
  const end = createEnd()
  const liveness = watchLiveness(consumer, { onSilence: end.reach, silenceMs })
  watchFetches(consumer, assignment.startAll)
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => end.reach(error))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    state.joined = true
    assignment.assign(partitionsOf(memberAssignment, topicPrefix))
  })
  const { eachBatch, inHand } = counted(
    createBatches({ assignment, handle, topicPrefix, isClosing: () => state.closing, log })
  )
  const running = run(
    consumer,
    topics.map(topic => kafkaTopic(topicPrefix, topic)),
    eachBatch
  ).catch(end.reach)

  async function close(): Promise<void> {
    state.closing = true
    liveness.stop()
    // A consumer that is still joining has nothing to stop yet, and would run on afterwards: it is stopped once it has
    // joined.
    const left = running
      .then(() => consumer.disconnect())
      .catch((err: unknown) => log.debug({ err }, 'a consumer did not leave in order'))
    await Promise.allSettled(inHand)
    await Promise.race([left, pause(LEAVE_MS)])
    assignment.clear()
  }

  function trouble(): string | null {
    if (end.problem()) return end.problem()
    return state.joined ? (liveness.trouble() ?? assignment.trouble()) : 'is joining its consumer group'
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
    metadataMaxAge: 60_000, // how long new partitions stay unread
    allowAutoTopicCreation: false,
    retry: {
      retries: 10,
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      // kafkajs restarts only after some crashes, whatever this answers. So that there is one way back, it never does.
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

/** The first reason counts. */
function createEnd() {
  let problem: string | null = null
  let resolve: (reason: unknown) => void = () => {}
  const reached = new Promise<unknown>(resolveReached => {
    resolve = resolveReached
  })
  return {
    reached,
    reach: (reason: unknown) => {
      problem ??= kafkaProblem(reason)
      resolve(reason)
    },
    problem: () => problem
  }
}

function counted(handle: EachBatchHandler): { eachBatch: EachBatchHandler; inHand: ReadonlySet<Promise<void>> } {
  const inHand = new Set<Promise<void>>()
  async function eachBatch(payload: Parameters<EachBatchHandler>[0]): Promise<void> {
    const batch = handle(payload)
    inHand.add(batch)
    await batch.finally(() => inHand.delete(batch))
  }
  return { eachBatch, inHand }
}

function partitionsOf(assignment: Record<string, number[]>, topicPrefix: string): TopicPartition[] {
  return Object.entries(assignment).flatMap(([name, partitions]) => {
    const topic = logTopic(topicPrefix, name)
    return topic ? partitions.map(partition => ({ topic, partition })) : []
  })
}
