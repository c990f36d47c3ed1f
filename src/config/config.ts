import { readFileSync } from 'node:fs'
import path from 'node:path'
import { envSchema } from 'env-schema'
import type { CountryCode } from 'libphonenumber-js/min'
import { ConfigError } from '../errors.js'
import { isTimeZone } from '../lib/local-day.js'
import { configSchema, isSecret, VARIABLE_NAMES, type VariableName, type Variables } from './variables.js'

export const ROLES = ['receive', 'project', 'query', 'reconcile'] as const
export type Role = (typeof ROLES)[number]

export interface KafkaConfig {
  brokers: string[]
  ssl: boolean
  /** PEM. */
  ca: string | null
  sasl: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | null
  topicPrefix: string
  createTopics: boolean
}

export interface Config {
  host: string
  port: number
  publicUrl: string | null
  trustProxy: boolean
  /** Absolute. */
  dataDir: string
  roles: readonly Role[]
  logLevel: string
  /** Null: 5, on a terminal 0. */
  drainSeconds: number | null
  /** By its IANA name. */
  timeZone: string
  region: CountryCode
  /** Null: embedded. */
  databaseUrl: string | null
  databasePoolSize: number
  /** Null: the local log. */
  kafka: KafkaConfig | null
  groupId: string
  logRetentionDays: number
  logMaxBytes: number
  spoolMaxBytes: number
  spoolMaxAgeHours: number
  mightycallApiKey: string | null
  /** Of the account `default`, by extension. */
  mightycallUserKeys: Readonly<Record<string, string>>
  /** Null: as for any account. */
  mightycallBaseUrl: string | null
  /** Requests to MightyCall in 24 h, of each API key. */
  dailyBudget: number
  webhookTokens: readonly string[]
  /** Absolute. Null: one account. */
  accountsFile: string | null
  adminKey: string | null
  metricsKey: string | null
  /** Requests a minute of one key; 0: any number. */
  apiRateLimit: number
  corsOrigins: readonly string[]
}

/**
 * The configuration in the environment; a secret may also be given by a file, as `NAME_FILE`. Empty variables count as
 * unset.
 * @throws ConfigError  names every bad variable and what it should be, never what it is
 */
export function loadConfig(environment: Environment): Config {
  const problems: string[] = []
  const data = withFiles(environment, problems)
  const variables = validate(data, problems)
  if (
    variables &&
    (variables.KAFKA_SASL_MECHANISM !== undefined) !==
      (variables.KAFKA_SASL_USERNAME !== undefined && variables.KAFKA_SASL_PASSWORD !== undefined)
  ) {
    problems.push('KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together')
  }
  if (data.TIME_ZONE !== undefined && !isTimeZone(data.TIME_ZONE)) problems.push(notValid('TIME_ZONE'))
  const ca =
    variables?.KAFKA_SSL_CA_FILE === undefined
      ? null
      : readText('KAFKA_SSL_CA_FILE', variables.KAFKA_SSL_CA_FILE, problems)
  if (!variables || problems.length > 0) throw new ConfigError(problems.join('; '))
  return Object.freeze(configOf(variables, ca))
}

function configOf(v: Variables, ca: string | null): Config {
  return {
    host: v.HOST,
    port: v.PORT,
    publicUrl: v.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    trustProxy: v.TRUST_PROXY,
    dataDir: path.resolve(v.DATA_DIR),
    roles: [...new Set(v.ROLES.split(',') as Role[])], // its pattern allows nothing else
    logLevel: v.LOG_LEVEL,
    drainSeconds: v.DRAIN_SECONDS ?? null,
    timeZone: v.TIME_ZONE,
    region: v.DEFAULT_REGION as CountryCode, // a country unknown to the library reads no number, which is harmless
    databaseUrl: v.DATABASE_URL ?? null,
    databasePoolSize: v.DATABASE_POOL_SIZE,
    kafka: v.KAFKA_BROKERS === undefined ? null : kafkaOf(v, v.KAFKA_BROKERS, ca),
    groupId: v.KAFKA_GROUP_ID,
    logRetentionDays: v.LOG_RETENTION_DAYS,
    logMaxBytes: v.LOG_MAX_BYTES,
    spoolMaxBytes: v.SPOOL_MAX_BYTES,
    spoolMaxAgeHours: v.SPOOL_MAX_AGE_HOURS,
    mightycallApiKey: v.MIGHTYCALL_API_KEY ?? null,
    mightycallUserKeys: userKeysOf(v.MIGHTYCALL_USER_KEY),
    mightycallBaseUrl: v.MIGHTYCALL_BASE_URL ?? null,
    dailyBudget: v.MIGHTYCALL_DAILY_BUDGET,
    webhookTokens: v.WEBHOOK_TOKENS?.split(',') ?? [],
    accountsFile: v.ACCOUNTS_FILE === undefined ? null : path.resolve(v.ACCOUNTS_FILE),
    adminKey: v.ADMIN_KEY ?? null,
    metricsKey: v.METRICS_KEY ?? null,
    apiRateLimit: v.API_RATE_LIMIT,
    corsOrigins: v.CORS_ORIGINS?.split(',') ?? []
  }
}

/** `101:key`; a key may hold colons itself. */
function userKeysOf(given: string | undefined): Config['mightycallUserKeys'] {
  const [extension] = given?.split(':') ?? []
  return given === undefined || extension === undefined ? {} : { [extension]: given.slice(extension.length + 1) }
}

function kafkaOf(v: Variables, brokers: string, ca: string | null): KafkaConfig {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = v
  const sasl =
    mechanism && username && password
      ? { mechanism: mechanism as NonNullable<KafkaConfig['sasl']>['mechanism'], username, password }
      : null // its schema allows nothing else
  return {
    brokers: brokers.split(','),
    ssl: v.KAFKA_SSL || ca !== null,
    ca,
    sasl,
    topicPrefix: v.KAFKA_TOPIC_PREFIX,
    createTopics: v.KAFKA_CREATE_TOPICS
  }
}

export type Environment = Record<string, string | undefined>

/** The variables that are set, secrets also from their files. */
export function withFiles(environment: Environment, problems: string[]): Environment {
  const data: Environment = {}
  for (const name of VARIABLE_NAMES) {
    const file = environment[`${name}_FILE`]
    if (environment[name]) data[name] = environment[name]
    else if (isSecret(name) && file) data[name] = readText(`${name}_FILE`, file, problems)?.trim()
  }
  return data
}

export function readText(name: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    problems.push(`${name} cannot be read (${(err as NodeJS.ErrnoException).code})`) // node:fs throws nothing else
    return null
  }
}

/** Null when any is not valid. */
export function validate(data: Environment, problems: string[]): Variables | null {
  try {
    return envSchema<Variables>({ data, schema: configSchema, env: false })
  } catch (err) {
    const { errors = [] } = err as { errors?: { instancePath: string; message?: string }[] } // ajv's, kept by env-schema
    const names = new Set(errors.map(error => error.instancePath.slice(1) as VariableName))
    for (const name of names) problems.push(notValid(name))
    if (names.size === 0) problems.push('the environment could not be read')
    return null
  }
}

/** What a variable should be, never what it is. */
export function notValid(name: VariableName): string {
  const { description, pattern, examples, minimum, maximum, anyOf } = configSchema.properties[name] as {
    description?: string
    pattern?: string
    examples?: string[]
    minimum?: number
    maximum?: number
    anyOf?: { const: string }[]
  } // the keywords that the schema uses
  const form = anyOf
    ? `one of ${anyOf.map(option => option.const).join(', ')}`
    : minimum !== undefined
      ? `${minimum} to ${maximum}`
      : examples
        ? `like ${examples[0]}`
        : pattern
          ? `it must match ${pattern}`
          : 'true or false'
  return `${name} is not valid: ${form}. ${description}`
}
