import { randomUUID } from 'node:crypto'
import { type Admin, type ITopicConfig, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import type { Test } from 'tap'
import { type KafkaOptions, openKafkaLog } from '../../src/event-log/kafka/log.js'
import type { EventLog } from '../../src/event-log/port.js'
import { eventually } from './eventually.js'
import { needsKafka } from './kafka-for-test.js'
import { createLineLogger } from './line-logger.js'

/** The broker that all tests share. The test command starts it. */
export const BROKERS = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter(Boolean)

/** The value for tap's option `skip`. */
export const skip = needsKafka.skip ?? false

export interface TestLog {
  log: EventLog
  topicPrefix: string
  /** The log lines, parsed. */
  lines: Record<string, unknown>[]
}

/** Opens a log with its own topics. */
export async function openTestLog(
  t: Test,
  { silenceMs, ...options }: Partial<KafkaOptions> & { silenceMs?: number } = {}
): Promise<TestLog> {
  const lines: Record<string, unknown>[] = []
  const topicPrefix = options.topicPrefix ?? `t-${randomUUID()}`
  const logger = createLineLogger('debug', line => lines.push(JSON.parse(line)))
  const log = await openKafkaLog(
    { brokers: BROKERS, createTopics: true, ...options, topicPrefix },
    { log: logger, silenceMs }
  )
  t.teardown(() => log.close())
  return { log, topicPrefix, lines }
}

/** Connects a plain admin client, for operations that the log does not offer. */
export async function connectAdmin(t: Test, brokers = BROKERS): Promise<Admin> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  return admin
}

export async function connectProducer(t: Test, brokers = BROKERS): Promise<Producer> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner
  })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  return producer
}

/** Creates a topic, replaces an existing one of that name, and waits until the broker serves it. */
export async function recreateTopic(admin: Admin, config: ITopicConfig & { numPartitions: number }): Promise<void> {
  const { topic, numPartitions } = config
  const offsets = () => admin.fetchTopicOffsets(topic).catch(() => [])
  await eventually('the existing topic is deleted', async () => {
    if (!(await admin.listTopics()).includes(topic)) return true
    // a busy broker lists a deleted topic for a while
    await admin.deleteTopics({ topics: [topic] }).catch(() => {})
    return false
  })
  await admin.createTopics({ waitForLeaders: false, topics: [{ replicationFactor: 1, ...config }] })
  await eventually('the new topic is served', async () => {
    const found = await offsets()
    return found.length === numPartitions && found.every(({ high }) => high === '0')
  })
}
