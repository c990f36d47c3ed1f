import { type Admin, Kafka, type KafkaConfig, type LogEntry, logLevel, type Producer, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'

export interface KafkaOptions {
  /** `host:port`, in the order in which they are tried. */
  brokers: readonly string[]
  /** True trusts the system's certificates; `ca` is the PEM text of another one. */
  ssl?: boolean | { ca?: string | undefined } | undefined
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | undefined
  /** A topic is called the prefix, a dot and its name within the log. */
  topicPrefix: string
  /** Whether missing topics are made. */
  createTopics: boolean
  clientId?: string | undefined
  /** A process that only reads: no topic is made or checked, and `append` rejects. */
  consumeOnly?: boolean | undefined
}

/** How patient a client is. Producing and consuming want opposite things, so each has a client object of its own. */
export type Patience = keyof typeof PATIENCE

/** A new kafkajs client, for one producer, consumer or admin object. */
export function createClient(options: KafkaOptions, patience: Patience, log: Logger): Kafka {
  return new Kafka({
    ...PATIENCE[patience],
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'mightycall-stream',
    ...(options.ssl ? { ssl: sslOf(options.ssl) } : {}),
    // A fresh literal each time: kafkajs stores in it an authenticator that is bound to this object's password,
    // and a copy of it would log in with that for ever.
    ...(options.sasl ? { sasl: { ...options.sasl } as SASLOptions } : {}), // which is a union of one type per mechanism
    logLevel: logLevel.INFO, // DEBUG holds the bodies of responses
    logCreator: kafkajsLogger(log)
  })
}

/** Gives a connected object, from whichever broker lets us in. */
export type Connect = <T extends Producer | Admin>(make: (client: Kafka) => T) => Promise<T>

/**
 * Connects objects that never retry. With retries, kafkajs resolves `connect` on a broker that hangs, and that object
 * fails for ever after; without them it only tries the first broker of its list. So each try is a new object with
 * another broker in front, beginning with the one that let us in last.
 */
export function createConnect(options: KafkaOptions, patience: 'quick' | 'admin', log: Logger): Connect {
  let turn = 0
  return async make => {
    let problem: unknown
    for (const _ of options.brokers) {
      const object = make(createClient({ ...options, brokers: rotated(options.brokers, turn) }, patience, log))
      try {
        await object.connect()
        return object
      } catch (err) {
        problem = err
        turn = (turn + 1) % options.brokers.length
        object.disconnect().catch(() => {}) // what did not connect has nothing to lose
      }
    }
    throw problem
  }
}

const PATIENCE = {
  // The sender of an append waits: whoever calls decides what comes after a failure.
  quick: { connectionTimeout: 1_000, requestTimeout: 1_500, retry: { retries: 0 } },
  admin: { connectionTimeout: 1_000, requestTimeout: 5_000, retry: { retries: 0 } },
  // Consumers die for good with few retries: with 1 or 2 some stayed down after a frozen broker, with 10 none of 120.
  // With 0 they do not even survive the first lookup of a new cluster's group coordinator.
  long: {
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
 * Sends what kafkajs logs to pino. Only the named fields pass, so no body, stack or secret does.
 * kafkajs calls an error what it then retries, once per connection and try: those go to debug, since the outcome is
 * logged by whoever asked for the work.
 */
export function kafkajsLogger(log: Logger): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, level, log: entry }) => {
      const fields = { namespace, kafkajs: entry.message, ...pick(entry) }
      if (level === logLevel.ERROR && !isExpected(namespace, entry)) log.warn(fields, 'kafkajs reported an error')
      else log.debug(fields, 'kafkajs reported')
    }
}

const FIELDS = ['broker', 'groupId', 'memberId', 'topic', 'partition', 'error', 'retryCount']
const REPORTED_BY_US = /^(Connection|RequestQueue|BrokerPool|Cluster|Producer|Consumer|SaslAuthenticator)/

function isExpected(namespace: string, entry: LogEntry['log']): boolean {
  return 'retryCount' in entry || REPORTED_BY_US.test(namespace)
}

function pick(entry: LogEntry['log']): Record<string, unknown> {
  const simple = ([name, value]: [string, unknown]) => FIELDS.includes(name) && typeof value !== 'object'
  return Object.fromEntries(Object.entries(entry).filter(simple))
}
