import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'
import type { Logger } from 'pino'
import { KafkaError } from '../../errors.js'
import { TOPICS } from '../../events/topics.js'
import { backOffMs } from '../../lib/backoff.js'
import { DAY_MS } from '../../lib/instant.js'
import type { Cluster } from './admin.js'
import { isElection, kafkaProblem } from './errors.js'
import { kafkaTopic } from './requests.js'

// Node finds no such name in this CommonJS module by itself.
const { ConfigResourceTypes } = kafkajs
const PARTITIONS = 6
const REPLICAS = 3
const ELECTION_TRIES = 10

export interface TopicsWanted {
  topicPrefix: string
  createTopics: boolean
  consumeOnly: boolean
}

/**
 * Makes the topics that are missing, and raises one alarm for each setting of an existing one that promises less than
 * ours.
 * @throws KafkaError  the cluster cannot be asked, or topics are missing and may not be made
 */
export async function prepareTopics(
  cluster: Cluster,
  { topicPrefix, createTopics, consumeOnly }: TopicsWanted,
  log: Logger
): Promise<void> {
  const wanted = TOPICS.map(topic => kafkaTopic(topicPrefix, topic))
  const existing = new Set(await listTopics(cluster))
  const missing = wanted.filter(topic => !existing.has(topic))
  if (missing.length > 0) {
    if (!createTopics || consumeOnly) {
      throw new KafkaError(
        `there is no topic ${missing.join(', ')}: create it, set KAFKA_CREATE_TOPICS=true, or check KAFKA_TOPIC_PREFIX`
      )
    }
    await createMissing(cluster, missing, log)
  }
  const old = wanted.filter(topic => existing.has(topic))
  if (!consumeOnly && old.length > 0) await checkSettings(cluster, old, log)
}

/** kafkajs cannot list topics while any one of the cluster has no leader, which passes within seconds. */
async function listTopics(cluster: Cluster): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await cluster.ask(admin => admin.listTopics())
    } catch (err) {
      if (tries === ELECTION_TRIES || !isElection(err)) throw err
      await sleep(backOffMs(tries, { most: 1_000 }))
    }
  }
}

async function createMissing(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  const { brokers } = await cluster.ask(admin => admin.describeCluster())
  const replication = Math.min(REPLICAS, brokers.length)
  // False when another process was first.
  const created = await cluster.ask(admin =>
    admin.createTopics({
      topics: topics.map(topic => topicConfig(topic, replication)),
      waitForLeaders: false // kafkajs would fail when the broker it asks has not heard of the topic yet
    })
  )
  if (created) log.info({ topics, replication }, 'created topics')
  await awaitLeaders(cluster, topics, log)
}

/** A topic has its leaders in the metadata a moment before they take records, and the first append would be refused. */
async function awaitLeaders(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  let problem = ''
  for (let tries = 1; tries <= 20; tries++) {
    try {
      for (const topic of topics) await cluster.ask(admin => admin.fetchTopicOffsets(topic))
      return
    } catch (err) {
      problem = kafkaProblem(err)
      await sleep(backOffMs(tries, { most: 250 }))
    }
  }
  log.warn({ topics, problem }, 'new topics are not ready yet')
}

function topicConfig(topic: string, replication: number): ITopicConfig {
  const configEntries = Object.entries(settingsOf(replication)).map(([name, value]) => ({ name, value }))
  return { topic, numPartitions: PARTITIONS, replicationFactor: replication, configEntries }
}

/**
 * Reading settings needs a right of its own, which an operator may well refuse us: that is said, and is no reason to
 * stop.
 */
async function checkSettings(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  try {
    for (const { topic, setting } of await cluster.ask(admin => findWeak(admin, topics))) {
      log.error({ alarm: 'topic-settings', topic, setting }, 'a topic promises less than it should')
    }
  } catch (err) {
    log.warn({ problem: kafkaProblem(err) }, 'could not check the settings of the topics')
  }
}

async function findWeak(admin: Admin, topics: readonly string[]): Promise<{ topic: string; setting: string }[]> {
  const { brokers } = await admin.describeCluster()
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics: [...topics] })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(name => ({ type: ConfigResourceTypes.TOPIC, name }))
  })
  return resources.flatMap(({ resourceName, configEntries }) => {
    const settings = Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue]))
    const partitions = metadata.find(({ name }) => name === resourceName)?.partitions ?? []
    const replication = Math.min(...partitions.map(({ replicas }) => replicas.length))
    return weakSettings(settings, replication, Math.min(REPLICAS, brokers.length)).map(setting => ({
      topic: resourceName,
      setting
    }))
  })
}

const RETENTION_MS = 30 * DAY_MS
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024
/** What kafkajs reads without an extra codec: of anything else a consumer dies at the first record. */
const READABLE = ['producer', 'uncompressed', 'gzip']

/** The settings of a topic that we make. */
export function settingsOf(replication: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(RETENTION_MS),
    // By the provider's clock an old-dated event would be purged at once, and a skewed one refused.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
    // Of three replicas two must have a record before it counts as stored. A lone broker has nobody to tell,
    // and its acknowledgement survives a power cut only when each record is flushed.
    ...(replication >= 3 ? { 'min.insync.replicas': '2' } : { 'flush.messages': '1' })
  }
}

/**
 * The names of the settings that promise less than ours do.
 * @param replication  of the topic's weakest partition
 * @param possible     the replication that this cluster could give
 */
export function weakSettings(settings: Record<string, string>, replication: number, possible: number): string[] {
  const number = (name: string) => Number(settings[name])
  const checks: Record<string, boolean> = {
    'replication.factor': replication >= possible,
    'min.insync.replicas': replication < 3 || number('min.insync.replicas') >= 2,
    'flush.messages': replication >= 3 || number('flush.messages') === 1,
    'retention.ms': isAtLeast(number('retention.ms'), RETENTION_MS),
    'retention.bytes': isAtLeast(number('retention.bytes'), Infinity),
    // Compaction keeps the last record of a key, and a key is an entity with many events.
    'cleanup.policy': settings['cleanup.policy'] === 'delete',
    'message.timestamp.type': settings['message.timestamp.type'] === 'LogAppendTime',
    'max.message.bytes': number('max.message.bytes') >= MAX_MESSAGE_BYTES,
    'compression.type': READABLE.includes(settings['compression.type'] ?? 'producer'),
    'unclean.leader.election.enable': settings['unclean.leader.election.enable'] !== 'true'
  }
  return Object.keys(checks).filter(name => !checks[name])
}

/** -1 is no limit. */
function isAtLeast(value: number, least: number): boolean {
  return value === -1 || value >= least
}
