import Type, { type Static } from 'typebox'
import { WEBHOOK_TOKEN } from '../lib/patterns.js'

// The helpers for `configSchema`.
const optionalText = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ description, minLength: 1, ...options }))
const optionalSecret = (description: string, options: object = {}) =>
  optionalText(description, { writeOnly: true, ...options })
const flag = (fallback: boolean, description: string) => Type.Boolean({ description, default: fallback })
const number = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ description, default: fallback, minimum, maximum })
const string = (fallback: string, description: string, options: object = {}) =>
  Type.String({ description, default: fallback, minLength: 1, ...options })

/** API keys are masked wherever they occur. A shorter key would also occur in ids and numbers. */
export const API_KEY_PATTERN = '^\\S{8,200}$'

export const REGION_PATTERN = '^[A-Z]{2}$'

/**
 * Every variable, in the order of docs/configuration.md, which is generated from this schema. All of them are optional
 * on one machine.
 */
export const configSchema = Type.Object({
  HOST: string('127.0.0.1', 'The address to listen on. 0.0.0.0 accepts requests from other machines.'),
  PORT: number(8080, 0, 65535, 'The port to listen on; 0 selects a free one.'),
  PUBLIC_URL: optionalText(
    'The address at which MightyCall reaches this service, for the webhook URL that is printed at start.',
    { examples: ['https://calls.example.com'], pattern: '^https?://' }
  ),
  TRUST_PROXY: string(
    'off',
    'The proxies in front of the service whose X-Forwarded-For is believed: their number, or their networks, ' +
      'separated ' +
      'by commas. Limits by address count the address that they report. off: the address of the connection counts.',
    { examples: ['1', '10.0.0.0/8,192.168.1.7'] }
  ),
  KEEP_ALIVE_SECONDS: number(
    650,
    5,
    86_400,
    'How long an idle connection is kept open. It must be longer than the proxy in front keeps idle connections, ' +
      'since ' +
      'it would otherwise send a request on a connection that is being closed.'
  ),
  DATA_DIR: string('.data', 'Where the embedded Postgres, the local log and the generated secrets are kept.'),
  ROLES: string('receive,project,query,reconcile', 'The roles of this process, separated by commas.', {
    examples: ['receive,project,query,reconcile'],
    pattern: '^(receive|project|query|reconcile)(,(receive|project|query|reconcile))*$'
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map(level => Type.Literal(level)),
    { description: 'The lowest level that is logged.', default: 'info' }
  ),
  DRAIN_SECONDS: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 300,
      description:
        'How long webhooks are still accepted after SIGTERM, while readiness already fails. Unset: 5, on a terminal 0.'
    })
  ),
  TIME_ZONE: string('UTC', 'The time zone of the account, an IANA name.', { examples: ['America/New_York'] }),
  DEFAULT_REGION: string('US', 'The country of telephone numbers without a country code (ISO 3166 letters).', {
    examples: ['US'],
    pattern: REGION_PATTERN
  }),
  DATABASE_URL: optionalSecret(
    'A Postgres server (postgres://user:password@host:5432/database). Unset: one is started inside DATA_DIR.',
    { examples: ['postgres://user:password@host:5432/database'], pattern: '^postgres(ql)?://' }
  ),
  DATABASE_POOL_SIZE: number(10, 2, 200, 'The largest number of connections of this process to Postgres.'),
  LOG_RETENTION_DAYS: number(
    30,
    1,
    100_000,
    'How long the local log keeps projected events. Events that are not projected are always kept, ' +
      'and Postgres keeps every event.'
  ),
  LOG_MAX_BYTES: number(
    64 * 1024 ** 3,
    256 * 1024 ** 2,
    1024 ** 5,
    'The size limit of the local log. Near the limit, younger events are removed too, if they are projected; ' +
      'at the limit, notifications are refused.'
  ),
  SPOOL_MAX_BYTES: number(
    1024 ** 3,
    1024 ** 2,
    1024 ** 4,
    'How much disk space notifications may use in DATA_DIR while Kafka is unavailable; beyond it they are refused.'
  ),
  SPOOL_MAX_AGE_HOURS: number(
    24,
    1,
    10_000,
    'How long notifications may wait there before an alarm is raised. None is ever dropped.'
  ),
  KAFKA_BROKERS: optionalText(
    'Kafka brokers (host:port, separated by commas). Unset: events are kept in a log inside DATA_DIR, ' +
      'which no other program can consume.',
    { examples: ['kafka-1:9092,kafka-2:9092'], pattern: '^[^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*$' }
  ),
  KAFKA_SSL: flag(false, 'Connect to Kafka with TLS.'),
  KAFKA_SSL_CA_FILE: optionalText('A file with the certificate authority of the brokers (PEM). Implies KAFKA_SSL.'),
  KAFKA_SASL_MECHANISM: Type.Optional(
    Type.Union(
      ['plain', 'scram-sha-256', 'scram-sha-512'].map(name => Type.Literal(name)),
      { description: 'How to sign in to Kafka.' }
    )
  ),
  KAFKA_SASL_USERNAME: optionalText('The user for Kafka.'),
  KAFKA_SASL_PASSWORD: optionalSecret('The password for Kafka.'),
  KAFKA_TOPIC_PREFIX: string('mightycall', 'The first part of every topic name: `mightycall.calls`.', {
    examples: ['mightycall'],
    pattern: '^[A-Za-z0-9._-]{1,100}$'
  }),
  KAFKA_CREATE_TOPICS: flag(true, 'Create topics that are missing.'),
  KAFKA_GROUP_ID: string('mightycall-stream', 'The consumer group of the projectors.', {
    examples: ['mightycall-stream'],
    pattern: '^[A-Za-z0-9._-]{1,200}$'
  }),
  MIGHTYCALL_API_KEY: optionalSecret(
    "The account's API key. A notification with another key is kept as unclassified.",
    { pattern: API_KEY_PATTERN }
  ),
  MIGHTYCALL_USER_KEY: optionalSecret(
    "The extension of an agent and the agent's user key. With it and the API key, the service reads MightyCall's " +
      'REST API; without it, only webhooks.',
    { examples: ['101:the-user-key'], pattern: '^\\d{1,20}:\\S{8,200}$' }
  ),
  MIGHTYCALL_BASE_URL: optionalText("The base URL of MightyCall's REST API. Unset: https://ccapi.mightycall.com/v4.", {
    examples: ['https://ccapi.mightycall.com/v4'],
    pattern: '^https?://[^\\s/]+(/\\S*)?$'
  }),
  MIGHTYCALL_DAILY_BUDGET: number(
    2000,
    1,
    2500,
    "The limit on requests to MightyCall's REST API in 24 h with one API key. MightyCall accepts 2,500, " +
      'and other programs may use the same key.'
  ),
  MIGHTYCALL_LONGEST_CALL_HOURS: number(
    12,
    1,
    72,
    'The length of the longest call that is expected. MightyCall lists a call by its start and only after its end, ' +
      'so calls are read again as far back, and an hour is `complete` only so long after its end.'
  ),
  WEBHOOK_TOKENS: optionalSecret(
    'The tokens of the webhook URL, separated by commas: at least 43 URL-safe characters each. ' +
      'Set two while one replaces the other.',
    { examples: ['the output of "openssl rand -hex 32"'], pattern: `^${WEBHOOK_TOKEN}(,${WEBHOOK_TOKEN})*$` }
  ),
  ACCOUNTS_FILE: optionalText(
    'A JSON file with several MightyCall accounts, read again on SIGHUP. The account `default` then exists only ' +
      'if WEBHOOK_TOKENS is set.',
    { examples: ['/etc/mightycall-stream/accounts.json'] }
  ),
  ADMIN_KEY: optionalSecret('The API key of the platform administrator, of at least 32 characters.', {
    examples: ['the output of "openssl rand -hex 32"'],
    pattern: '^[\\x21-\\x7e]{32,256}$'
  }),
  METRICS_KEY: optionalSecret('A key that opens /metrics and nothing else.', {
    examples: ['the output of "openssl rand -hex 32"'],
    pattern: '^[\\x21-\\x7e]{32,256}$'
  }),
  API_RATE_LIMIT: number(6000, 0, 10_000_000, 'Requests per minute and key that each process allows; 0: no limit.'),
  CORS_ORIGINS: optionalText(
    'Origins whose pages may call the API with a key, separated by commas. Unset: only the pages of this service.',
    { examples: ['https://dashboard.example.com'], pattern: '^https?://[^\\s,/]+(,https?://[^\\s,/]+)*$' }
  )
})

export type Variables = Static<typeof configSchema>
export type VariableName = keyof Variables

// Object.keys forgets the literal types
export const VARIABLE_NAMES = Object.keys(configSchema.properties) as VariableName[]

export function isSecret(name: VariableName): boolean {
  return 'writeOnly' in configSchema.properties[name]
}
