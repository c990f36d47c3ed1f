import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, type ITopicConfig, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type KafkaOptions, openKafkaLog } from '../../src/event-log/kafka/log.js'
import type { Batch, EventLog, LogRecord, StoredRecord, SubscribeOptions, Subscription } from '../../src/event-log/port.js'

/** The broker that all tests share, started by the test command. */
export const BROKERS = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter(Boolean)

/** For tap's `skip`. */
export const skip = BROKERS.length === 0 && 'TEST_KAFKA_BROKERS is not set'

export interface TestLog {
  log: EventLog
  topicPrefix: string
  /** What was logged, one object per line. */
  lines: Record<string, unknown>[]
}

/** A log with topics of its own. */
export async function openLog (t: Test, options: Partial<KafkaOptions> = {}): Promise<TestLog> {
  const lines: Record<string, unknown>[] = []
  const topicPrefix = options.topicPrefix ?? `t-${randomUUID()}`
  const logger = pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
  const log = await openKafkaLog({ brokers: BROKERS, createTopics: true, ...options, topicPrefix }, { log: logger })
  t.teardown(() => log.close())
  return { log, topicPrefix, lines }
}

export function record (key: string, value: string | Buffer, headers: Record<string, string> = {}): LogRecord {
  return { topic: 'calls', key, value: Buffer.from(value), headers }
}

export interface Gathered {
  batches: Batch[]
  records: StoredRecord[]
  values: () => string[]
  subscription: Subscription
}

/** Subscribes and keeps all that comes. */
export async function gather (t: Test, log: EventLog, options: Partial<SubscribeOptions> = {}): Promise<Gathered> {
  const batches: Batch[] = []
  const records: StoredRecord[] = []
  const subscription = await log.subscribe({
    group: `g-${randomUUID()}`,
    topics: ['calls'],
    startAt: async () => 'first',
    ...options,
    handle: async batch => {
      await options.handle?.(batch)
      batches.push(batch)
      records.push(...batch.records)
    }
  })
  t.teardown(() => subscription.close())
  return { batches, records, values: () => records.map(({ value }) => String(value)), subscription }
}

/** Waits until the condition holds. */
export async function until (what: string, holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !await holds(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
  }
}

/** A bare client, for what the log has no word for. */
export async function bareAdmin (t: Test, brokers = BROKERS): Promise<Admin> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  return admin
}

export async function bareProducer (t: Test, brokers = BROKERS): Promise<Producer> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  return producer
}

/** Makes a topic, in the place of one that there may be, and waits until the broker serves it. */
export async function makeTopic (admin: Admin, config: ITopicConfig & { numPartitions: number }): Promise<void> {
  const { topic, numPartitions } = config
  const offsets = () => admin.fetchTopicOffsets(topic).catch(() => [])
  if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
  await admin.createTopics({ waitForLeaders: false, topics: [{ replicationFactor: 1, ...config }] })
  await until('the new topic is served', async () => {
    const found = await offsets()
    return found.length === numPartitions && found.every(({ high }) => high === '0')
  })
}
