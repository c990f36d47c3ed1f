import { KafkaError } from '../../errors.js'

/** What kafkajs throws, as one line that says what to do and which variable to look at. Never holds a password. */
export function kafkaError(err: unknown): Error {
  if (err instanceof KafkaError) return err
  return Object.assign(new KafkaError(kafkaProblem(err)), { cause: err })
}

/** The line alone, for `trouble()` and logs. */
export function kafkaProblem(err: unknown): string {
  const links = chainOf(err)
  for (const { when, say } of PROBLEMS) {
    const link = links.find(when)
    if (link) return say(link)
  }
  return links.at(-1)?.message ?? 'unknown trouble'
}

/**
 * True when the broker will never take this batch, so that another try is in vain: a record is too large, or not
 * allowed.
 */
export function isRefusedForGood(err: unknown): boolean {
  return chainOf(err).some(link => REFUSALS.has(link.type))
}

/** True when a partition has no leader just now. */
export function isElection(err: unknown): boolean {
  return chainOf(err).some(({ type }) => type === 'LEADER_NOT_AVAILABLE')
}

interface Link {
  name: string
  message: string
  /** Of Node and OpenSSL: ECONNREFUSED. */
  code: string
  /** Of the Kafka protocol: MESSAGE_TOO_LARGE. */
  type: string
  broker: string
}

interface Problem {
  when: (link: Link) => boolean
  say: (link: Link) => string
}

const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'CORRUPT_MESSAGE'
])
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/

// The outer errors of kafkajs name only the retrying, so each of these looks at the whole chain; the first that fits
// speaks.
const PROBLEMS: Problem[] = [
  {
    when: ({ message, type }) =>
      type === 'UNSUPPORTED_SASL_MECHANISM' || message.includes('mechanism is not supported'),
    say: () => 'the brokers do not offer this SASL mechanism: set KAFKA_SASL_MECHANISM to one they offer'
  },
  {
    when: ({ type }) => type === 'ILLEGAL_SASL_STATE',
    say: ({ broker }) =>
      `${at(broker)} takes no login: unset KAFKA_SASL_MECHANISM, or name the port that does in KAFKA_BROKERS`
  },
  {
    when: ({ name, type }) => name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED',
    say: () => 'the brokers refused the login: check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM'
  },
  {
    when: ({ code }) => UNTRUSTED.test(code),
    say: ({ broker }) =>
      `the certificate of ${at(broker)} is not trusted: set KAFKA_SSL_CA_FILE to the certificate of its authority`
  },
  {
    when: ({ code }) => code === 'CERT_HAS_EXPIRED',
    say: ({ broker }) =>
      `the certificate of ${at(broker)} has expired: renew it there, or set KAFKA_SSL_CA_FILE to the new authority`
  },
  {
    when: ({ code }) => code === 'ERR_TLS_CERT_ALTNAME_INVALID',
    say: ({ broker }) => `the certificate of ${at(broker)} is for another name: use that name in KAFKA_BROKERS`
  },
  {
    when: ({ message }) => /secure TLS connection|wrong version number|packet length too long/i.test(message),
    say: ({ broker }) =>
      `${at(broker)} does not speak TLS: unset KAFKA_SSL and KAFKA_SSL_CA_FILE, or name its TLS port in KAFKA_BROKERS`
  },
  {
    when: ({ code }) => code === 'ECONNREFUSED',
    say: ({ broker }) => `nothing listens at ${at(broker)}: check KAFKA_BROKERS, and that Kafka runs`
  },
  {
    when: ({ code }) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    say: ({ broker }) => `the host of ${at(broker)} is not known: check KAFKA_BROKERS`
  },
  {
    when: ({ code, message }) => code === 'ETIMEDOUT' || code.endsWith('UNREACH') || message === 'Connection timeout',
    say: ({ broker }) => `${at(broker)} cannot be reached: check KAFKA_BROKERS, and the network between`
  },
  {
    when: ({ name }) => name === 'KafkaJSRequestTimeoutError' || name === 'DeadlineError',
    say: ({ broker }) => `${at(broker)} does not answer in time: it hangs, or is overloaded`
  },
  {
    when: ({ name, code }) => name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET',
    say: ({ broker }) =>
      `${at(broker)} closed the connection: it has stopped, or wants TLS (KAFKA_SSL, KAFKA_SSL_CA_FILE) or a login (KAFKA_SASL_MECHANISM)`
  },
  {
    when: ({ type }) => type === 'REQUEST_TIMED_OUT' || type.startsWith('NOT_ENOUGH_REPLICAS'),
    say: () => 'too few replicas confirmed in time: check that all brokers run'
  },
  {
    when: ({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION',
    say: () => 'a topic does not exist: create it, or set KAFKA_CREATE_TOPICS=true and restart'
  },
  {
    when: ({ type }) => type === 'INVALID_REPLICATION_FACTOR',
    say: () => 'too few brokers run for the replicas of a new topic: start the others, then this again'
  },
  {
    when: ({ type }) => type === 'POLICY_VIOLATION' || type === 'INVALID_PARTITIONS' || type === 'INVALID_CONFIG',
    say: ({ type }) =>
      `the brokers refuse to make a topic as we want it (${type}): create it yourself, and set KAFKA_CREATE_TOPICS=false`
  },
  {
    when: ({ type }) => type.endsWith('_AUTHORIZATION_FAILED'),
    say: ({ type }) =>
      `the brokers forbid it (${type}): give this login the rights, or check KAFKA_TOPIC_PREFIX and KAFKA_GROUP_ID`
  },
  {
    when: ({ name }) => name === 'KafkaJSNotImplemented',
    say: () => 'a record is compressed in a way this client cannot read: let its producer use gzip or none'
  },
  // kafkajs swallows what a broker failed with, and then takes apart the answer that it does not have.
  {
    when: ({ name, message }) => name === 'TypeError' && message.includes('null'),
    say: () => 'no broker gave an answer'
  }
]

function at(broker: string): string {
  return broker || 'the broker'
}

function chainOf(err: unknown): Link[] {
  const links: Link[] = []
  const seen = new Set<unknown>()
  const open = [err]
  for (let next = open.shift(); next instanceof Error && !seen.has(next); next = open.shift()) {
    seen.add(next)
    const { code, type, broker, errors } = next as Error & Record<string, unknown> // an error may carry anything
    links.push({ name: next.name, message: next.message, code: text(code), type: text(type), broker: text(broker) })
    open.push(next.cause, ...(Array.isArray(errors) ? errors : []))
    while (open.length > 0 && !(open[0] instanceof Error)) open.shift()
  }
  return links
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
