import { type Admin, Kafka, type KafkaConfig, type LogEntry, logLevel, type Producer, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'

export interface KafkaOptions {
  /** `host:port`, tried in this order. */
  brokers: readonly string[]
  /** `true` trusts the certificates of the system; `ca` is the PEM text of an additional authority. */
  ssl?: boolean | { ca?: string | undefined } | undefined
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | undefined
  /** A topic's name in Kafka is the prefix, a dot and its name in the log. */
  topicPrefix: string
  /** Whether missing topics are created. */
  createTopics: boolean
  clientId?: string | undefined
  /** For a process that only reads: topics are neither created nor checked, and `append` rejects. */
  consumeOnly?: boolean | undefined
}

/** Timeouts and retries of a client. Producers and consumers need opposite ones, so each has its own client object. */
export type ClientProfile = keyof typeof PROFILES

/** Creates a kafkajs client for one producer, consumer or admin object. */
export function createKafkaClient(options: KafkaOptions, profile: ClientProfile, log: Logger): Kafka {
  return new Kafka({
    ...PROFILES[profile],
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'mightycall-stream',
    ...(options.ssl ? { ssl: sslOf(options.ssl) } : {}),
    // A fresh literal each time: kafkajs stores an authenticator in it that is bound to the password of this object.
    // The cast is needed because SASLOptions is a union with one type per mechanism.
    ...(options.sasl ? { sasl: { ...options.sasl } as SASLOptions } : {}),
    logLevel: logLevel.INFO, // DEBUG entries contain response bodies
    logCreator: kafkajsLogger(log)
  })
}

/** Resolves with an object that is connected to any of the brokers. */
export type Connect = <T extends Producer | Admin>(make: (client: Kafka) => T) => Promise<T>

/**
 * Connects objects that never retry. With retries, kafkajs resolves `connect` on a broker that hangs, and every later
 * use of that object fails; without retries it tries only the first broker of its list. Each attempt is therefore a new
 * object with another broker first, starting with the last one that accepted a connection.
 */
export function createConnect(options: KafkaOptions, profile: 'producer' | 'admin', log: Logger): Connect {
  let turn = 0
  return async make => {
    let problem: unknown
    for (const _ of options.brokers) {
      const object = make(createKafkaClient({ ...options, brokers: rotated(options.brokers, turn) }, profile, log))
      try {
        await object.connect()
        return object
      } catch (err) {
        problem = err
        turn = (turn + 1) % options.brokers.length
        object.disconnect().catch(() => {}) // it never connected
      }
    }
    throw problem
  }
}

const PROFILES = {
  // An append is waiting, and its caller decides how to go on after a failure.
  producer: { connectionTimeout: 1_000, requestTimeout: 1_500, retry: { retries: 0 } },
  admin: { connectionTimeout: 1_000, requestTimeout: 5_000, retry: { retries: 0 } },
  // Consumers stop for good when they have few retries: with 1 or 2 some stayed down after a frozen broker, with 10
  // none of 120 did. With 0 they fail at the first lookup of the group coordinator in a new cluster.
  consumer: {
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1_000 }
  }
} satisfies Record<string, Partial<KafkaConfig>>

function sslOf(ssl: true | { ca?: string | undefined }): true | { ca: string[] } {
  return ssl === true || !ssl.ca ? true : { ca: [ssl.ca] }
}

function rotated(brokers: readonly string[], by: number): string[] {
  return [...brokers.slice(by), ...brokers.slice(0, by)]
}

/**
 * Forwards kafkajs log entries to pino. Only the listed fields are copied: no body, stack or secret.
 * kafkajs logs an error for each connection and attempt that it then retries. Those are logged at debug level, because
 * our own code logs the outcome.
 */
function kafkajsLogger(log: Logger): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, level, log: entry }) => {
      const fields = { namespace, kafkajs: entry.message, ...pick(entry) }
      if (level === logLevel.ERROR && !isExpected(namespace, entry)) log.warn(fields, 'kafkajs reported an error')
      else log.debug(fields, 'kafkajs reported')
    }
}

const FIELDS = ['broker', 'groupId', 'memberId', 'topic', 'partition', 'error', 'retryCount']
const LOGGED_BY_CALLERS = /^(Connection|RequestQueue|BrokerPool|Cluster|Producer|Consumer|SaslAuthenticator)/

function isExpected(namespace: string, entry: LogEntry['log']): boolean {
  return 'retryCount' in entry || LOGGED_BY_CALLERS.test(namespace)
}

function pick(entry: LogEntry['log']): Record<string, unknown> {
  const simple = ([name, value]: [string, unknown]) => FIELDS.includes(name) && typeof value !== 'object'
  return Object.fromEntries(Object.entries(entry).filter(simple))
}
