import { KafkaError } from '../../errors.js'

/** The part of the configuration that decides what to do about an error. */
export interface ErrorContext {
  /** Whether missing topics are created. */
  createTopics: boolean
}

/** Converts a kafkajs error to one line that says what to do and which variable to check. Never contains a password. */
export function toKafkaError(err: unknown, context?: ErrorContext): Error {
  if (err instanceof KafkaError) return err
  return Object.assign(new KafkaError(describeKafkaError(err, context)), { cause: err })
}

/** Returns only that line, for `trouble()` and logs. */
export function describeKafkaError(err: unknown, context: ErrorContext = { createTopics: false }): string {
  const links = errorChain(err)
  for (const { matches, describe } of PROBLEMS) {
    const link = links.find(matches)
    if (link) return describe(link, context)
  }
  return links.at(-1)?.message ?? 'unknown error'
}

/**
 * True when the broker rejects the batch permanently, for example because a record is too large: a retry is useless.
 */
export function isRefusedForGood(err: unknown): boolean {
  return errorChain(err).some(link => REFUSALS.has(link.type))
}

/** True when a topic, or a partition of it, does not exist. */
export function isMissingTopic(err: unknown): boolean {
  return errorChain(err).some(({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION')
}

/** True when a partition has no leader at the moment. */
export function isElection(err: unknown): boolean {
  return errorChain(err).some(({ type }) => type === 'LEADER_NOT_AVAILABLE')
}

interface ErrorLink {
  name: string
  message: string
  /** Error code of Node or OpenSSL, such as ECONNREFUSED. */
  code: string
  /** Error of the Kafka protocol, such as MESSAGE_TOO_LARGE. */
  type: string
  broker: string
}

interface KnownProblem {
  matches: (link: ErrorLink) => boolean
  describe: (link: ErrorLink, context: ErrorContext) => string
}

const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'CORRUPT_MESSAGE'
])
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/

// The outer errors of kafkajs only mention the retries, so each entry is matched against the whole chain of causes. The
// first match wins.
const PROBLEMS: KnownProblem[] = [
  {
    matches: ({ message, type }) =>
      type === 'UNSUPPORTED_SASL_MECHANISM' || message.includes('mechanism is not supported'),
    describe: () => 'the brokers do not offer this SASL mechanism: set KAFKA_SASL_MECHANISM to one they offer'
  },
  {
    matches: ({ type }) => type === 'ILLEGAL_SASL_STATE',
    describe: ({ broker }) =>
      `${at(broker)} does not use SASL: unset KAFKA_SASL_MECHANISM, or set KAFKA_BROKERS to a port with SASL`
  },
  {
    matches: ({ name, type }) => name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED',
    describe: () =>
      'the brokers refused the login: check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM'
  },
  {
    matches: ({ code }) => UNTRUSTED.test(code),
    describe: ({ broker }) =>
      `the certificate of ${at(broker)} is not trusted: set KAFKA_SSL_CA_FILE to the certificate of its issuer`
  },
  {
    matches: ({ code }) => code === 'CERT_HAS_EXPIRED',
    describe: ({ broker }) =>
      `the certificate of ${at(broker)} has expired: renew it, or set KAFKA_SSL_CA_FILE to that of its new issuer`
  },
  {
    matches: ({ code }) => code === 'ERR_TLS_CERT_ALTNAME_INVALID',
    describe: ({ broker }) =>
      `the certificate of ${at(broker)} was issued for another host name: use that name in KAFKA_BROKERS`
  },
  {
    matches: ({ message }) => /secure TLS connection|wrong version number|packet length too long/i.test(message),
    describe: ({ broker }) =>
      `${at(broker)} does not use TLS: unset KAFKA_SSL and KAFKA_SSL_CA_FILE, or set KAFKA_BROKERS to its TLS port`
  },
  {
    matches: ({ code }) => code === 'ECONNREFUSED',
    describe: ({ broker }) => `${at(broker)} refuses connections: check KAFKA_BROKERS, and that Kafka is running`
  },
  {
    matches: ({ code }) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    describe: ({ broker }) => `the host name of ${at(broker)} cannot be resolved: check KAFKA_BROKERS`
  },
  {
    matches: ({ code, message }) =>
      code === 'ETIMEDOUT' || code.endsWith('UNREACH') || message === 'Connection timeout',
    describe: ({ broker }) => `${at(broker)} is unreachable: check KAFKA_BROKERS and the network`
  },
  {
    matches: ({ name }) => name === 'KafkaJSRequestTimeoutError' || name === 'DeadlineError',
    describe: ({ broker }) => `${at(broker)} did not respond in time: it hangs or is overloaded`
  },
  {
    matches: ({ name, code }) => name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET',
    describe: ({ broker }) =>
      `${at(broker)} closed the connection: it has stopped, or requires ` +
      'TLS (KAFKA_SSL, KAFKA_SSL_CA_FILE) or a login (KAFKA_SASL_MECHANISM)'
  },
  {
    matches: ({ type }) => type === 'REQUEST_TIMED_OUT' || type.startsWith('NOT_ENOUGH_REPLICAS'),
    describe: () => 'too few replicas confirmed in time: check that all brokers are running'
  },
  {
    matches: ({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION',
    describe: (_link, { createTopics }) =>
      createTopics
        ? 'a topic does not exist: it is created again'
        : 'a topic does not exist: create it, or set KAFKA_CREATE_TOPICS=true and restart'
  },
  {
    matches: ({ type }) => type === 'INVALID_REPLICATION_FACTOR',
    describe: () =>
      'too few brokers are running for the replication factor of a new topic: start the others and try again'
  },
  {
    matches: ({ type }) => type === 'POLICY_VIOLATION' || type === 'INVALID_PARTITIONS' || type === 'INVALID_CONFIG',
    describe: ({ type }) =>
      `the brokers refuse to create a topic with our settings (${type}): create it and set KAFKA_CREATE_TOPICS=false`
  },
  {
    matches: ({ type }) => type.endsWith('_AUTHORIZATION_FAILED'),
    describe: ({ type }) =>
      `not authorized (${type}): grant the rights to this login, or check KAFKA_TOPIC_PREFIX and KAFKA_GROUP_ID`
  },
  {
    matches: ({ name }) => name === 'KafkaJSNotImplemented',
    describe: () => 'a record uses an unsupported compression codec: its producer must use gzip or none'
  },
  // kafkajs swallows the error of the broker and then fails on the missing response.
  {
    matches: ({ name, message }) => name === 'TypeError' && message.includes('null'),
    describe: () => 'no broker responded'
  }
]

function at(broker: string): string {
  return broker || 'the broker'
}

function errorChain(err: unknown): ErrorLink[] {
  const links: ErrorLink[] = []
  const seen = new Set<unknown>()
  const open = [err]
  for (let next = open.shift(); next instanceof Error && !seen.has(next); next = open.shift()) {
    seen.add(next)
    const { code, type, broker, errors } = next as Error & Record<string, unknown> // an error may have any property
    links.push({ name: next.name, message: next.message, code: text(code), type: text(type), broker: text(broker) })
    open.push(next.cause, ...(Array.isArray(errors) ? errors : []))
    while (open.length > 0 && !(open[0] instanceof Error)) open.shift()
  }
  return links
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
