import type { Admin, Kafka } from 'kafkajs'
import type { Topic } from '../../events/topics.js'
import type { PartitionBounds } from '../port.js'
import type { Connect } from './client.js'
import { kafkaError } from './errors.js'
import { untilFailure } from './reopen-on-failure.js'
import { kafkaTopic } from './requests.js'

/** Questions to the cluster. Every one rejects with a KafkaError. */
export interface Cluster {
  ask: <R>(question: (admin: Admin) => Promise<R>) => Promise<R>
  close: () => Promise<void>
}

/** One admin object that is connected when first asked, and again after each failure. */
export function createCluster(connect: Connect): Cluster {
  const admin = untilFailure(
    DEADLINE_MS,
    () => connect(openAdmin),
    object => object.disconnect()
  )
  return {
    ask: async question =>
      await admin.use(question).catch((err: unknown) => {
        throw kafkaError(err)
      }),
    close: admin.close
  }
}

/** One question through an admin object that is gone afterwards. */
export async function askOnce<R>(connect: Connect, question: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = await connect(openAdmin)
  try {
    return await question(admin)
  } finally {
    admin.disconnect().catch(() => {})
  }
}

export async function clusterId(cluster: Cluster): Promise<string> {
  return (await cluster.ask(admin => admin.describeCluster())).clusterId
}

export async function topicBounds(cluster: Cluster, prefix: string, topic: Topic): Promise<PartitionBounds[]> {
  const offsets = await cluster.ask(admin => admin.fetchTopicOffsets(kafkaTopic(prefix, topic)))
  return offsets
    .map(({ partition, low, high }) => ({ partition, first: BigInt(low), end: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition)
}

const DEADLINE_MS = 10_000
const RETRY = { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 } // a new topic has no leader for a moment

function openAdmin(client: Kafka): Admin {
  return client.admin({ retry: RETRY })
}
