import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { eventually } from '../support/eventually.js'
import { kafkaUnavailable, startKafka } from '../support/kafka.js'
import type { Context } from './context.js'

export interface Broker {
  brokers: string[]
  /** Returns a topic prefix that is not used otherwise. */
  newPrefix: () => string
  /** Creates a topic with the defaults of the broker. */
  createTopic: (topic: string, settings?: Record<string, string>) => Promise<void>
}

const PARTITIONS = 6 // the number that the service uses

/** Connects to the broker of KAFKA_BROKERS, or starts one. */
export async function openBroker(context: Context): Promise<Broker> {
  const brokers = process.env.KAFKA_BROKERS?.split(',') ?? (await startBroker(context)).brokers
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  context.teardown(async () => {
    const topics = (await admin.listTopics()).filter(topic => topic.startsWith(prefix))
    // a broker that the bench has started is discarded with all its topics
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

/** Starts a broker, which the bench may freeze. */
export async function startBroker(context: Context) {
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
