import { Partitioners, type PartitionMetadata, type Producer } from 'kafkajs'
import type { Topic } from '../../events/topics.js'
import type { LogRecord } from '../port.js'
import { askOnce } from './admin.js'
import type { Connect } from './client.js'
import { untilFailure } from './reopen-on-failure.js'
import { cutRequests, kafkaTopic, type PlacedRecord, toMessage, unconfirmed } from './requests.js'

/** Sends batches, one at a time. */
export interface Sender {
  /** @throws whatever went wrong; what of the batch is in the log is unknown then */
  send: (records: readonly LogRecord[]) => Promise<void>
  close: () => Promise<void>
}

/**
 * On any failure the producer is given up with all that it knows of the cluster: kafkajs's own retry can lose
 * part of a batch, its idempotent producer the batch after a time-out, and an object that connected to a hanging broker
 * never works again.
 */
export function createSender(connect: Connect, topicPrefix: string): Sender {
  const line = untilFailure(
    DEADLINE_MS,
    () => openLine(connect),
    ({ producer }) => producer.disconnect()
  )
  const nameOf = (topic: Topic) => kafkaTopic(topicPrefix, topic)

  async function send(records: readonly LogRecord[]): Promise<void> {
    // The deadline holds for connecting and the first request together; a batch seldom has another one.
    const rest = await line.use(async open => {
      await learnPartitions(open, new Set(records.map(({ topic }) => nameOf(topic))), connect)
      const [first = [], ...others] = cutRequests(records.map(record => place(open, record, nameOf(record.topic))))
      await sendRequest(open.producer, first, nameOf)
      return others
    })
    for (const request of rest) await line.use(({ producer }) => sendRequest(producer, request, nameOf))
  }

  return { send, close: line.close }
}

const DEADLINE_MS = 2_000
/** The broker's own patience with its replicas; a little below ours, so that its answer still arrives. */
const REPLICAS_MS = 1_500
const PARTITIONS_MAX_AGE_MS = 300_000

interface Line {
  producer: Producer
  /** By Kafka's name of the topic. */
  partitions: Map<string, PartitionMetadata[]>
  learnedAt: number
  choose: ReturnType<typeof Partitioners.DefaultPartitioner>
}

async function openLine(connect: Connect): Promise<Line> {
  const producer = await connect(client =>
    client.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 0 }
    })
  )
  return { producer, partitions: new Map(), learnedAt: performance.now(), choose: Partitioners.DefaultPartitioner() }
}

/** Asked through a connection of its own: one kept beside the producer could be dead when the producer's is new. */
async function learnPartitions(line: Line, topics: ReadonlySet<string>, connect: Connect): Promise<void> {
  if (performance.now() - line.learnedAt > PARTITIONS_MAX_AGE_MS) {
    line.partitions.clear()
    line.learnedAt = performance.now()
  }
  const unknown = [...topics].filter(topic => !line.partitions.has(topic))
  if (unknown.length === 0) return
  const metadata = await askOnce(connect, admin => admin.fetchTopicMetadata({ topics: unknown }))
  for (const { name, partitions } of metadata.topics) line.partitions.set(name, partitions)
}

/** murmur2 of the key, as every Java producer does it, so that others can write the same entity in order with us. */
function place({ choose, partitions }: Line, record: LogRecord, topic: string): PlacedRecord {
  const partitionMetadata = partitions.get(topic)
  if (!partitionMetadata?.length) throw new Error(`the partitions of ${topic} are not known`)
  const { key, value } = record
  return { record, partition: choose({ topic, partitionMetadata, message: { key, value } }) }
}

async function sendRequest(
  producer: Producer,
  request: readonly PlacedRecord[],
  nameOf: (topic: Topic) => string
): Promise<void> {
  const topics = [...new Set(request.map(({ record }) => record.topic))]
  const answer = await producer.sendBatch({
    acks: -1,
    timeout: REPLICAS_MS,
    topicMessages: topics.map(topic => ({
      topic: nameOf(topic),
      messages: request
        .filter(({ record }) => record.topic === topic)
        .map(({ record, partition }) => toMessage(record, partition))
    }))
  })
  const open = unconfirmed(request, answer, nameOf)
  if (open.length > 0)
    throw new Error(
      `the answer confirms nothing for ${open.map(({ topic, partition }) => `${topic}/${partition}`).join(', ')}`
    )
}
