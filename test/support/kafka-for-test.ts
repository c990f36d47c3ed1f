import { randomBytes } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import type { Teardown } from './teardown.js'

export interface KafkaForTest {
  brokers: string[]
  /** Ends with a dot and is unique to the test. */
  topicPrefix: string
  groupId: string
  /** The configuration of a service that uses them. */
  environment: { KAFKA_BROKERS: string; KAFKA_TOPIC_PREFIX: string; KAFKA_GROUP_ID: string }
}

const BROKERS = process.env.TEST_KAFKA_BROKERS
const REASON =
  'Kafka is not available: install a JRE of 17 or newer and Maven, or set KAFKA_BROKERS, then run "npm test"'

/**
 * Options of a test that needs a broker. Without a broker the test is skipped visibly, or fails if REQUIRE_KAFKA=1.
 * @example t.test('sends', needsKafka, async t => { const { brokers, topicPrefix } = kafkaForTest(t) })
 */
export const needsKafka: { skip?: string } = BROKERS || process.env.REQUIRE_KAFKA === '1' ? {} : { skip: REASON }

/** Returns the broker of this run and names that no other test uses. The topics are deleted when the test ends. */
export function kafkaForTest(t: Teardown): KafkaForTest {
  if (!BROKERS) throw new Error(REASON)
  const brokers = BROKERS.split(',')
  const id = randomBytes(4).toString('hex')
  const topicPrefix = `test-${id}.`
  // a broker that the test run has started itself is discarded with all its topics
  if (process.env.KAFKA_BROKERS) t.teardown(() => deleteTopics(brokers, topicPrefix))
  const groupId = `test-${id}`
  return {
    brokers,
    topicPrefix,
    groupId,
    environment: { KAFKA_BROKERS: BROKERS, KAFKA_TOPIC_PREFIX: topicPrefix, KAFKA_GROUP_ID: groupId }
  }
}

async function deleteTopics(brokers: string[], prefix: string): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter(name => name.startsWith(prefix))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.disconnect()
}
