import path from 'node:path'
import { pino } from 'pino'
import { openKafkaLog } from '../../../src/event-log/kafka/log.js'
import { openLocalReader } from '../../../src/event-log/local/local-reader.js'
import type { EventReader } from '../../../src/event-log/port.js'
import { TOPICS } from '../../../src/events/topics.js'
import { DOCUMENTED_API_KEY } from '../../support/documented-notifications.js'
import { randomSecrets, startServiceProcess } from '../../support/service.js'
import type { Broker } from '../broker.js'
import type { Context } from '../context.js'
import { startServer } from '../servers/start.js'

/** A server to compare. All run during the whole bench, but only one at a time is under load. */
export interface Candidate {
  name: string
  url: string
  path: string
  pid: number
  /** Opens the log that must contain every acknowledged event; null for servers other than the service. */
  openLog: (() => Promise<EventReader>) | null
}

const { WEBHOOK_TOKENS, ADMIN_KEY } = randomSecrets()
const PATH = `/webhooks/mightycall/${WEBHOOK_TOKENS}`
/** The key of the account is configured, so that the key of each body is compared with it. */
const SECRETS = { WEBHOOK_TOKENS, ADMIN_KEY, MIGHTYCALL_API_KEY: DOCUMENTED_API_KEY }

export async function startBare(context: Context): Promise<Candidate> {
  return { name: 'bare', path: PATH, openLog: null, ...(await startServer(context, 'bare', {})) }
}

export async function startLocal(context: Context): Promise<Candidate> {
  const dataDir = path.join(context.dir, 'local')
  const server = await startServer(context, 'local', { DATA_DIR: dataDir, ...SECRETS })
  return { name: 'local', path: PATH, openLog: () => openLocalReader({ dir: path.join(dataDir, 'log') }), ...server }
}

/** Starts the real service with the role receive, which requires a database URL but does not connect to it. */
export async function startOnKafka(
  context: Context,
  { name, brokers, topicPrefix }: { name: string; brokers: string[]; topicPrefix: string }
): Promise<Candidate> {
  const { url, child } = await startServiceProcess(context, {
    DATA_DIR: path.join(context.dir, name),
    ROLES: 'receive',
    DATABASE_URL: 'postgres://unused@127.0.0.1:1/none',
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    ...SECRETS
  })
  const openLog = () =>
    openKafkaLog({ brokers, topicPrefix, createTopics: false, consumeOnly: true }, { log: pino({ level: 'silent' }) })
  return { name, url, path: PATH, pid: child.pid ?? 0, openLog }
}

/**
 * Starts the service and the naive handler. Each runs with topics that flush each request, as the service creates them
 * on a single broker (`kafka`), and with the defaults of the broker, as on a replicated cluster (`kafka_unflushed`).
 */
export async function startAllOnKafka(
  context: Context,
  { brokers, newPrefix, createTopic }: Broker
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (const [suffix, settings] of [
    ['', { 'flush.messages': '1' }],
    ['_unflushed', {}]
  ] as const) {
    const topicPrefix = newPrefix()
    if (suffix !== '') for (const topic of TOPICS) await createTopic(`${topicPrefix}.${topic}`)
    candidates.push(await startOnKafka(context, { name: `kafka${suffix}`, brokers, topicPrefix }))
    const topic = newPrefix()
    await createTopic(topic, settings)
    candidates.push({
      name: `naive${suffix}`,
      path: PATH,
      openLog: null,
      ...(await startServer(context, 'naive', { BROKERS: brokers.join(','), TOPIC: topic }))
    })
  }
  return candidates
}
