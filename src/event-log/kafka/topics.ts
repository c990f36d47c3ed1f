import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'
import type { Logger } from 'pino'
import { KafkaError } from '../../errors.js'
import { TOPICS } from '../../events/topics.js'
import { DAY_MS } from '../../lib/instant.js'
import { retry } from '../../lib/retry.js'
import { raiseAlarm } from '../../observability/alarms.js'
import type { Cluster } from './admin.js'
import { describeKafkaError, isElection, isMissingTopic } from './errors.js'
import { kafkaTopic } from './requests.js'

// Node does not detect this name as an export of the CommonJS module.
const { ConfigResourceTypes } = kafkajs
const PARTITIONS = 6
const REPLICAS = 3
const ELECTION_TRIES = 10
const LEADER_TRIES = 20
/** kafkajs knows no topic ids: a consumer does not notice that a topic was absent for less than one fetch. */
const NOTICED_MS = 1_000

export interface TopicRequirements {
  topicPrefix: string
  createTopics: boolean
  consumeOnly: boolean
}

/**
 * Creates missing topics, and raises one alarm for each setting of an existing topic that is weaker than ours.
 * @throws KafkaError  the cluster does not respond, or topics are missing and must not be created
 */
export async function prepareTopics(
  cluster: Cluster,
  { topicPrefix, createTopics, consumeOnly }: TopicRequirements,
  log: Logger
): Promise<void> {
  const wanted = TOPICS.map(topic => kafkaTopic(topicPrefix, topic))
  const existing = new Set(await listTopics(cluster))
  const missing = wanted.filter(topic => !existing.has(topic))
  if (missing.length > 0) {
    if (!createTopics || consumeOnly)
      throw new KafkaError(`missing topics: ${missing.join(', ')}; ${adviceFor(createTopics)}`)
    await createMissing(cluster, missing, log)
  }
  const old = wanted.filter(topic => existing.has(topic))
  if (!consumeOnly && old.length > 0) await checkSettings(cluster, old, log)
}

function adviceFor(createTopics: boolean): string {
  return createTopics
    ? 'start the service, which creates them, or check KAFKA_TOPIC_PREFIX'
    : 'create them, set KAFKA_CREATE_TOPICS=true, or check KAFKA_TOPIC_PREFIX'
}

/**
 * Returns a function that receives the errors of appends and reads. When a topic is missing that may be created, it is
 * created again, without a restart.
 */
export function createTopicRepair(
  cluster: Cluster,
  { topicPrefix, createTopics, consumeOnly }: TopicRequirements,
  log: Logger
): (err: unknown) => void {
  let repairing: Promise<void> | null = null

  async function repair(): Promise<void> {
    const existing = new Set(await listTopics(cluster))
    const missing = TOPICS.map(topic => kafkaTopic(topicPrefix, topic)).filter(topic => !existing.has(topic))
    if (missing.length === 0) return
    log.warn({ topics: missing }, 'topics do not exist any more, and are created again')
    await keepRunning(NOTICED_MS)
    await createMissing(cluster, missing, log)
  }

  return err => {
    if (!createTopics || consumeOnly || repairing || !isMissingTopic(err)) return
    repairing = repair()
      .catch(problem => log.warn({ problem: describeKafkaError(problem) }, 'the missing topics could not be created'))
      .finally(() => {
        repairing = null
      })
  }
}

/** kafkajs cannot list topics while any topic of the cluster has no leader, which lasts for seconds at most. */
function listTopics(cluster: Cluster): Promise<string[]> {
  return retry(() => cluster.query(admin => admin.listTopics()), {
    maxAttempts: ELECTION_TRIES,
    isRetryable: isElection,
    backOff: { most: 1_000 },
    wait: keepRunning
  })
}

/** Waits, and keeps the process running meanwhile: the start of a command may have nothing else that does. */
async function keepRunning(ms: number): Promise<void> {
  await sleep(ms)
}

async function createMissing(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  const { brokers } = await cluster.query(admin => admin.describeCluster())
  const replication = Math.min(REPLICAS, brokers.length)
  // `false` when another process created them first.
  const created = await cluster.query(admin =>
    admin.createTopics({
      topics: topics.map(topic => topicConfig(topic, replication)),
      waitForLeaders: false // kafkajs fails when the broker has no metadata of the new topic yet
    })
  )
  if (created) log.info({ topics, replication }, 'created topics')
  await awaitLeaders(cluster, topics, log)
}

/** Metadata lists the leaders shortly before they accept records, and the first append would be refused. */
async function awaitLeaders(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  const fetchOffsets = async () => {
    for (const topic of topics) await cluster.query(admin => admin.fetchTopicOffsets(topic))
  }
  await retry(fetchOffsets, { maxAttempts: LEADER_TRIES, backOff: { most: 250 }, wait: keepRunning }).catch(err =>
    log.warn({ topics, problem: describeKafkaError(err) }, 'the new topics are not ready yet')
  )
}

function topicConfig(topic: string, replication: number): ITopicConfig {
  const configEntries = Object.entries(settingsOf(replication)).map(([name, value]) => ({ name, value }))
  return { topic, numPartitions: PARTITIONS, replicationFactor: replication, configEntries }
}

/** Reading settings needs a right that an operator may not grant: it is logged, and the start continues. */
async function checkSettings(cluster: Cluster, topics: readonly string[], log: Logger): Promise<void> {
  try {
    for (const { topic, setting } of await cluster.query(admin => findWeakSettings(admin, topics))) {
      raiseAlarm(log, { alarm: 'topic-settings', topic, setting }, 'a setting of a topic is weaker than required')
    }
  } catch (err) {
    log.warn({ problem: describeKafkaError(err) }, 'the settings of the topics could not be checked')
  }
}

async function findWeakSettings(
  admin: Admin,
  topics: readonly string[]
): Promise<{ topic: string; setting: string }[]> {
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
/** Codecs that kafkajs supports: a consumer stops at the first record with any other one. */
const READABLE = ['producer', 'uncompressed', 'gzip']

/** Returns the settings of a topic that we create. */
export function settingsOf(replication: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(RETENTION_MS),
    // With CreateTime, an event with an old date would be purged at once and one with a skewed clock refused.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
    // With three replicas, two must have a record before it counts as stored. The acknowledgement of a single broker
    // survives a power failure only when each record is flushed.
    ...(replication >= 3 ? { 'min.insync.replicas': '2' } : { 'flush.messages': '1' })
  }
}

/**
 * Returns the names of the settings that are weaker than ours.
 * @param replication  the number of replicas of the weakest partition
 * @param possible     the replication factor that this cluster allows
 */
export function weakSettings(settings: Record<string, string>, replication: number, possible: number): string[] {
  const number = (name: string) => Number(settings[name])
  const checks: Record<string, boolean> = {
    'replication.factor': replication >= possible,
    'min.insync.replicas': replication < 3 || number('min.insync.replicas') >= 2,
    'flush.messages': replication >= 3 || number('flush.messages') === 1,
    'retention.ms': isAtLeast(number('retention.ms'), RETENTION_MS),
    'retention.bytes': isAtLeast(number('retention.bytes'), Infinity),
    // Compaction keeps only the last record of a key, and a key is an entity with many events.
    'cleanup.policy': settings['cleanup.policy'] === 'delete',
    'message.timestamp.type': settings['message.timestamp.type'] === 'LogAppendTime',
    'max.message.bytes': number('max.message.bytes') >= MAX_MESSAGE_BYTES,
    'compression.type': READABLE.includes(settings['compression.type'] ?? 'producer'),
    'unclean.leader.election.enable': settings['unclean.leader.election.enable'] !== 'true'
  }
  return Object.keys(checks).filter(name => !checks[name])
}

/** -1 means unlimited. */
function isAtLeast(value: number, least: number): boolean {
  return value === -1 || value >= least
}
