import { randomUUID } from 'node:crypto'
import { type Admin, type ITopicConfig, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type KafkaOptions, openKafkaLog } from '../../src/event-log/kafka/log.js'
import type { EventLog } from '../../src/event-log/port.js'
import { eventually } from './eventually.js'
import { needsKafka } from './kafka-for-test.js'

/** The broker that all tests share, started by the test command. */
export const BROKERS = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter(Boolean)

/** For tap's `skip`. */
export const skip = needsKafka.skip ?? false

export interface TestLog {
  log: EventLog
  topicPrefix: string
  /** What was logged, one object per line. */
  lines: Record<string, unknown>[]
}

/** A log with topics of its own. */
export async function openLog(
  t: Test,
  { silenceMs, ...options }: Partial<KafkaOptions> & { silenceMs?: number } = {}
): Promise<TestLog> {
  const lines: Record<string, unknown>[] = []
  const topicPrefix = options.topicPrefix ?? `t-${randomUUID()}`
  const logger = pino(
    { level: 'debug' },
    {
      write: (line: string) => {
        lines.push(JSON.parse(line))
      }
    }
  )
  const log = await openKafkaLog(
    { brokers: BROKERS, createTopics: true, ...options, topicPrefix },
    { log: logger, silenceMs }
  )
  t.teardown(() => log.close())
  return { log, topicPrefix, lines }
}

/** A bare client, for what the log has no word for. */
export async function bareAdmin(t: Test, brokers = BROKERS): Promise<Admin> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  return admin
}

export async function bareProducer(t: Test, brokers = BROKERS): Promise<Producer> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner
  })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  return producer
}

/** Makes a topic, in the place of one that there may be, and waits until the broker serves it. */
export async function makeTopic(admin: Admin, config: ITopicConfig & { numPartitions: number }): Promise<void> {
  const { topic, numPartitions } = config
  const offsets = () => admin.fetchTopicOffsets(topic).catch(() => [])
  await eventually('the former topic is gone', async () => {
    if (!(await admin.listTopics()).includes(topic)) return true
    // a busy broker lists it for a while after it is deleted
    await admin.deleteTopics({ topics: [topic] }).catch(() => {})
    return false
  })
  await admin.createTopics({ waitForLeaders: false, topics: [{ replicationFactor: 1, ...config }] })
  await eventually('the new topic is served', async () => {
    const found = await offsets()
    return found.length === numPartitions && found.every(({ high }) => high === '0')
  })
}
