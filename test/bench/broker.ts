import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { eventually } from '../support/eventually.js'
import { kafkaUnavailable, startKafka } from '../support/kafka.js'
import type { Context } from './context.js'

export interface Broker {
  brokers: string[]
  /** Nobody else's topics begin with it. */
  newPrefix: () => string
  /** Makes a topic with the broker's own defaults. */
  createTopic: (topic: string, settings?: Record<string, string>) => Promise<void>
}

const PARTITIONS = 6 // as many as the service makes

/** The broker of KAFKA_BROKERS, or one of the bench's own. */
export async function openBroker(context: Context): Promise<Broker> {
  const brokers = process.env.KAFKA_BROKERS?.split(',') ?? (await startOwnBroker(context)).brokers
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  context.teardown(async () => {
    const topics = (await admin.listTopics()).filter(topic => topic.startsWith(prefix))
    // one of our own is thrown away whole
    if (process.env.KAFKA_BROKERS && topics.length > 0) await admin.deleteTopics({ topics })
    await admin.disconnect()
  })
  let prefixes = 0
  return {
    brokers,
    newPrefix: () => `${prefix}-${++prefixes}`,
    createTopic: (topic, settings = {}) => createTopic(admin, topic, settings)
  }
}

/** One that may be frozen. */
export async function startOwnBroker(context: Context) {
  const unavailable = kafkaUnavailable()
  if (unavailable) throw new Error(unavailable)
  context.progress('starting a broker')
  const broker = await startKafka({ dir: path.join(context.dir, 'kafka') })
  context.teardown(broker.stop)
  return broker
}

async function createTopic(admin: Admin, topic: string, settings: Record<string, string>): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }]
  })
  await eventually(
    `the topic ${topic} is served`,
    () =>
      admin.fetchTopicOffsets(topic).then(
        offsets => offsets.length === PARTITIONS,
        () => false
      ),
    15_000
  )
}
