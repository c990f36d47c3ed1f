import Type, { type Static } from 'typebox'

/** Every variable, in the order of docs/configuration.md, which is made from this. All are optional on one machine. */
const text = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ description, minLength: 1, ...options }))
const secret = (description: string, options: object = {}) => text(description, { writeOnly: true, ...options })
const flag = (fallback: boolean, description: string) => Type.Boolean({ description, default: fallback })
const number = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ description, default: fallback, minimum, maximum })
const string = (fallback: string, description: string, options: object = {}) =>
  Type.String({ description, default: fallback, minLength: 1, ...options })

/** 43 URL-safe characters are 32 random bytes. */
const TOKEN = '[A-Za-z0-9_-]{43,256}'
export const WEBHOOK_TOKEN_PATTERN = `^${TOKEN}$`

/** It is starred out wherever it stands: a shorter one would stand in ids and numbers. */
export const API_KEY_PATTERN = '^\\S{8,200}$'

export const REGION_PATTERN = '^[A-Z]{2}$'

export const configSchema = Type.Object({
  HOST: string('127.0.0.1', 'The address to listen on. 0.0.0.0 takes requests from other machines.'),
  PORT: number(8080, 0, 65535, 'The port to listen on; 0 takes a free one.'),
  PUBLIC_URL: text(
    'The address under which MightyCall reaches this service, for the webhook URL that is printed at start.',
    { examples: ['https://calls.example.com'], pattern: '^https?://' }
  ),
  TRUST_PROXY: flag(false, 'Take the client address from X-Forwarded-For. Only behind a proxy that sets it.'),
  DATA_DIR: string('.data', 'Where the embedded Postgres, the local log and the generated secrets are kept.'),
  ROLES: string('receive,project,query,reconcile', 'What this process does, separated by commas.', {
    examples: ['receive,project,query,reconcile'],
    pattern: '^(receive|project|query|reconcile)(,(receive|project|query|reconcile))*$'
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map(level => Type.Literal(level)),
    { description: 'How much is logged.', default: 'info' }
  ),
  DRAIN_SECONDS: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 300,
      description:
        'How long webhooks are still taken after SIGTERM, while readiness already says no. Unset: 5, on a terminal 0.'
    })
  ),
  TIME_ZONE: string('UTC', 'The time zone of the account, by its IANA name.', { examples: ['America/New_York'] }),
  DEFAULT_REGION: string('US', 'The country of telephone numbers without a country code, by its ISO 3166 letters.', {
    examples: ['US'],
    pattern: REGION_PATTERN
  }),
  DATABASE_URL: secret(
    'A Postgres server (postgres://user:password@host:5432/database). Unset: one is started inside DATA_DIR.',
    { examples: ['postgres://user:password@host:5432/database'], pattern: '^postgres(ql)?://' }
  ),
  DATABASE_POOL_SIZE: number(10, 2, 200, 'Connections to Postgres of this process, at the most.'),
  LOG_RETENTION_DAYS: number(
    30,
    1,
    100_000,
    'How long the local log keeps what is projected. What is not projected is always kept, and Postgres keeps every event.'
  ),
  LOG_MAX_BYTES: number(
    64 * 1024 ** 3,
    256 * 1024 ** 2,
    1024 ** 5,
    'How large the local log may become. Near it younger events go too, if they are projected; beyond it notifications are refused.'
  ),
  SPOOL_MAX_BYTES: number(
    1024 ** 3,
    1024 ** 2,
    1024 ** 4,
    'How much of the disk notifications may take in DATA_DIR while Kafka takes none; beyond it they are refused.'
  ),
  SPOOL_MAX_AGE_HOURS: number(
    24,
    1,
    10_000,
    'How long notifications may wait there before it is an alarm. None is ever dropped.'
  ),
  KAFKA_BROKERS: text(
    'Kafka brokers (host:port, separated by commas). Unset: events are kept in a log inside DATA_DIR, which nobody else can consume.',
    { examples: ['kafka-1:9092,kafka-2:9092'], pattern: '^[^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*$' }
  ),
  KAFKA_SSL: flag(false, 'Connect to Kafka with TLS.'),
  KAFKA_SSL_CA_FILE: text('A file with the certificate authority of the brokers (PEM). Implies KAFKA_SSL.'),
  KAFKA_SASL_MECHANISM: Type.Optional(
    Type.Union(
      ['plain', 'scram-sha-256', 'scram-sha-512'].map(name => Type.Literal(name)),
      { description: 'How to sign in to Kafka.' }
    )
  ),
  KAFKA_SASL_USERNAME: text('The user for Kafka.'),
  KAFKA_SASL_PASSWORD: secret('The password for Kafka.'),
  KAFKA_TOPIC_PREFIX: string('mightycall', 'The first part of every topic name: `mightycall.calls`.', {
    examples: ['mightycall'],
    pattern: '^[A-Za-z0-9._-]{1,100}$'
  }),
  KAFKA_CREATE_TOPICS: flag(true, 'Create topics that are missing.'),
  KAFKA_GROUP_ID: string('mightycall-stream', 'The consumer group of the projectors.', {
    examples: ['mightycall-stream'],
    pattern: '^[A-Za-z0-9._-]{1,200}$'
  }),
  MIGHTYCALL_API_KEY: secret(
    "The account's API key. A notification that carries another one is kept apart, as unclassified.",
    { pattern: API_KEY_PATTERN }
  ),
  MIGHTYCALL_USER_KEY: secret(
    "The extension of an agent and the agent's user key. With it and the API key MightyCall's REST API is read; without it, only webhooks are.",
    { examples: ['101:the-user-key'], pattern: '^\\d{1,20}:\\S{8,200}$' }
  ),
  MIGHTYCALL_BASE_URL: text("Where MightyCall's REST API is. Unset: https://ccapi.mightycall.com/v4.", {
    examples: ['https://ccapi.mightycall.com/v4'],
    pattern: '^https?://[^\\s/]+(/\\S*)?$'
  }),
  MIGHTYCALL_DAILY_BUDGET: number(
    2000,
    1,
    2500,
    "Requests to MightyCall's REST API in 24 h with one API key, at the most. MightyCall takes 2,500, and others may hold the key."
  ),
  WEBHOOK_TOKENS: secret(
    'The tokens of the webhook URL, separated by commas: at least 43 URL-safe characters each. Two are live while one replaces the other.',
    { examples: ['the output of "openssl rand -hex 32"'], pattern: `^${TOKEN}(,${TOKEN})*$` }
  ),
  ACCOUNTS_FILE: text(
    'A JSON file with several MightyCall accounts, read again upon SIGHUP. The account `default` is then there only if WEBHOOK_TOKENS is set.',
    { examples: ['/etc/mightycall-stream/accounts.json'] }
  ),
  ADMIN_KEY: secret('The API key of the platform administrator, of at least 32 characters.', {
    examples: ['the output of "openssl rand -hex 32"'],
    pattern: '^[\\x21-\\x7e]{32,256}$'
  }),
  METRICS_KEY: secret('A key that opens /metrics and nothing else.', {
    examples: ['the output of "openssl rand -hex 32"'],
    pattern: '^[\\x21-\\x7e]{32,256}$'
  }),
  API_RATE_LIMIT: number(6000, 0, 10_000_000, 'Requests a minute that each process answers to one key; 0: any number.'),
  CORS_ORIGINS: text(
    'Origins whose pages may ask the API with a key, separated by commas. Unset: none, but the pages of this service.',
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
