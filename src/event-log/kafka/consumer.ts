import type { Consumer } from 'kafkajs'
import type { Logger } from 'pino'
import type { Topic } from '../../events/topics.js'
import type { PartitionBounds, SubscribeOptions, TopicPartition } from '../port.js'
import { createAssignment } from './assignment.js'
import { createBatches, HEARTBEAT_MS } from './batches.js'
import { createClient, type KafkaOptions } from './client.js'
import { kafkaProblem } from './errors.js'
import { pause } from './pauses.js'
import { kafkaTopic, logTopic } from './records.js'

export interface ConsumerNeeds {
  options: KafkaOptions
  subscription: SubscribeOptions
  bounds: (topic: Topic) => Promise<PartitionBounds[]>
  log: Logger
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

export function openSession ({ options, subscription, bounds, log }: ConsumerNeeds): Session {
  const { group, topics, startAt, handle } = subscription
  const { topicPrefix } = options
  const consumer = createClient(options, 'long', log).consumer(settingsOf(group))
  const assignment = createAssignment({ consumer, topicPrefix, startAt, bounds, log })
  const inHand = new Set<Promise<void>>()
  let closing = false
  let joined = false
  let problem: string | null = null
  let resolveEnded: (reason: unknown) => void = () => {}
  const ended = new Promise<unknown>(resolve => { resolveEnded = resolve })
  const silence = watchSilence(consumer, end)

  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    joined = true
    assignment.assign(partitionsOf(memberAssignment, topicPrefix))
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => end(error))

  const eachBatch = createBatches({ assignment, handle, topicPrefix, isClosing: () => closing, log })
  const running = run().catch(end)

  function end (reason: unknown): void {
    problem ??= kafkaProblem(reason)
    resolveEnded(reason)
  }

  async function run (): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: topics.map(topic => kafkaTopic(topicPrefix, topic)), fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT,
      eachBatch: async payload => {
        const batch = eachBatch(payload)
        inHand.add(batch)
        await batch.finally(() => inHand.delete(batch))
      }
    })
  }

  async function close (): Promise<void> {
    closing = true
    silence.stop()
    // A consumer that is still joining has nothing to stop yet, and would run on afterwards: it is stopped once it has joined.
    const left = running.then(() => consumer.disconnect()).catch((err: unknown) => log.debug({ err }, 'a consumer did not leave in order'))
    await Promise.allSettled(inHand)
    await Promise.race([left, pause(LEAVE_MS)])
    assignment.clear()
  }

  function trouble (): string | null {
    if (problem || !joined) return problem ?? 'is joining its consumer group'
    return silence.trouble() ?? assignment.trouble()
  }

  return { ended, hasJoined: () => joined, trouble, close }
}

const CONCURRENT = 3
const LEAVE_MS = 10_000
/** A member that joins says nothing while it waits for the others, so silence must last longer than that may take. */
const REBALANCE_MS = 20_000
const SILENCE_MS = 30_000
const NOTABLE_SILENCE_MS = 10_000

function settingsOf (groupId: string) {
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

function watchSilence (consumer: Consumer, end: (reason: unknown) => void) {
  const { CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } = consumer.events
  let lastSign = performance.now()
  for (const event of [CONNECT, GROUP_JOIN, REBALANCING, HEARTBEAT, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS]) {
    consumer.on(event, () => { lastSign = performance.now() })
  }
  const silentMs = () => performance.now() - lastSign
  const timer = setInterval(() => {
    if (silentMs() > SILENCE_MS) end(new Error('the consumer gave no sign of life'))
  }, 1_000).unref()
  return {
    stop: () => clearInterval(timer),
    trouble: () => silentMs() > NOTABLE_SILENCE_MS ? `the brokers have been silent for ${Math.round(silentMs() / 1_000)} s` : null
  }
}

function partitionsOf (assignment: Record<string, number[]>, topicPrefix: string): TopicPartition[] {
  return Object.entries(assignment).flatMap(([name, partitions]) => {
    const topic = logTopic(topicPrefix, name)
    return topic ? partitions.map(partition => ({ topic, partition })) : []
  })
}
