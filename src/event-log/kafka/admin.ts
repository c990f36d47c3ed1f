import type { Admin, Kafka } from 'kafkajs'
import type { Topic } from '../../events/topics.js'
import type { PartitionBounds } from '../port.js'
import type { Connect } from './client.js'
import { type ErrorContext, toKafkaError } from './errors.js'
import { reopenOnFailure } from './reopen-on-failure.js'
import { kafkaTopic } from './requests.js'

/** Administrative requests to the cluster. Each one rejects with a KafkaError. */
export interface Cluster {
  query: <R>(request: (admin: Admin) => Promise<R>) => Promise<R>
  close: () => Promise<void>
}

/** Uses one admin object that is connected by the first request, and again after each failure. */
export function createCluster(connect: Connect, context: ErrorContext): Cluster {
  const admin = reopenOnFailure(
    DEADLINE_MS,
    () => connect(openAdmin),
    object => object.disconnect()
  )
  return {
    query: async question =>
      await admin.use(question).catch((err: unknown) => {
        throw toKafkaError(err, context)
      }),
    close: admin.close
  }
}

/** Sends one request through an admin object that is disconnected afterwards. */
export async function queryOnce<R>(connect: Connect, question: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = await connect(openAdmin)
  try {
    return await question(admin)
  } finally {
    admin.disconnect().catch(() => {})
  }
}

export async function clusterId(cluster: Cluster): Promise<string> {
  return (await cluster.query(admin => admin.describeCluster())).clusterId
}

export async function topicBounds(cluster: Cluster, prefix: string, topic: Topic): Promise<PartitionBounds[]> {
  const offsets = await cluster.query(admin => admin.fetchTopicOffsets(kafkaTopic(prefix, topic)))
  return offsets
    .map(({ partition, low, high }) => ({ partition, first: BigInt(low), end: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition)
}

const DEADLINE_MS = 10_000
const RETRY = { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 } // a new topic has no leader for a moment

function openAdmin(client: Kafka): Admin {
  return client.admin({ retry: RETRY })
}
