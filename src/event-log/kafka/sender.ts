import { Partitioners, type PartitionMetadata, type Producer } from 'kafkajs'
import type { Topic } from '../../events/topics.js'
import type { LogRecord } from '../port.js'
import { queryOnce } from './admin.js'
import type { Connect } from './client.js'
import { reopenOnFailure } from './reopen-on-failure.js'
import { kafkaTopic, type PartitionedRecord, splitIntoRequests, toMessage, unconfirmedPartitions } from './requests.js'

/** Sends batches, one at a time. */
export interface Sender {
  /** @throws the error of kafkajs or DeadlineError; any part of the batch may have been stored then */
  send: (records: readonly LogRecord[]) => Promise<void>
  close: () => Promise<void>
}

/**
 * Any failure discards the producer together with its metadata: the retries of kafkajs can lose part of a batch, its
 * idempotent producer can lose the batch after a timeout, and a producer that connected to a hanging broker never works
 * again.
 */
export function createSender(connect: Connect, topicPrefix: string): Sender {
  const session = reopenOnFailure(
    DEADLINE_MS,
    () => openProducerSession(connect),
    ({ producer }) => producer.disconnect()
  )
  const nameOf = (topic: Topic) => kafkaTopic(topicPrefix, topic)

  async function send(records: readonly LogRecord[]): Promise<void> {
    // The deadline covers connecting and the first request together; a batch rarely has more requests.
    const remaining = await session.use(async open => {
      await loadPartitions(open, new Set(records.map(({ topic }) => nameOf(topic))), connect)
      const [first = [], ...others] = splitIntoRequests(
        records.map(record => assignPartition(open, record, nameOf(record.topic)))
      )
      await sendRequest(open.producer, first, nameOf)
      return others
    })
    for (const request of remaining) await session.use(({ producer }) => sendRequest(producer, request, nameOf))
  }

  return { send, close: session.close }
}

const DEADLINE_MS = 2_000
/** How long the broker waits for its replicas: less than our own deadline, so that its response still arrives. */
const REPLICAS_MS = 1_500
const PARTITIONS_MAX_AGE_MS = 300_000

interface ProducerSession {
  producer: Producer
  /** Key: the name of the topic in Kafka. */
  partitions: Map<string, PartitionMetadata[]>
  loadedAt: number
  choose: ReturnType<typeof Partitioners.DefaultPartitioner>
}

async function openProducerSession(connect: Connect): Promise<ProducerSession> {
  const producer = await connect(client =>
    client.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 0 }
    })
  )
  return { producer, partitions: new Map(), loadedAt: performance.now(), choose: Partitioners.DefaultPartitioner() }
}

/** Uses a connection of its own: one kept beside the producer could be dead while that of the producer is new. */
async function loadPartitions(line: ProducerSession, topics: ReadonlySet<string>, connect: Connect): Promise<void> {
  if (performance.now() - line.loadedAt > PARTITIONS_MAX_AGE_MS) {
    line.partitions.clear()
    line.loadedAt = performance.now()
  }
  const unknown = [...topics].filter(topic => !line.partitions.has(topic))
  if (unknown.length === 0) return
  const metadata = await queryOnce(connect, admin => admin.fetchTopicMetadata({ topics: unknown }))
  for (const { name, partitions } of metadata.topics) line.partitions.set(name, partitions)
}

/**
 * Uses murmur2 of the key like Java producers, so that others can write records of the same entity in order with us.
 */
function assignPartition({ choose, partitions }: ProducerSession, record: LogRecord, topic: string): PartitionedRecord {
  const partitionMetadata = partitions.get(topic)
  if (!partitionMetadata?.length) throw new Error(`the partitions of ${topic} are unknown`)
  const { key, value } = record
  return { record, partition: choose({ topic, partitionMetadata, message: { key, value } }) }
}

async function sendRequest(
  producer: Producer,
  request: readonly PartitionedRecord[],
  nameOf: (topic: Topic) => string
): Promise<void> {
  const topics = [...new Set(request.map(({ record }) => record.topic))]
  const response = await producer.sendBatch({
    acks: -1,
    timeout: REPLICAS_MS,
    topicMessages: topics.map(topic => ({
      topic: nameOf(topic),
      messages: request
        .filter(({ record }) => record.topic === topic)
        .map(({ record, partition }) => toMessage(record, partition))
    }))
  })
  const open = unconfirmedPartitions(request, response, nameOf)
  if (open.length > 0)
    throw new Error(
      `the response does not confirm ${open.map(({ topic, partition }) => `${topic}/${partition}`).join(', ')}`
    )
}
