import { readFileSync } from 'node:fs'
import path from 'node:path'
import { envSchema } from 'env-schema'
import type { CountryCode } from 'libphonenumber-js/min'
import { ConfigError } from '../errors.js'
import { isTimeZone } from '../lib/local-day.js'
import { parseTrustProxy, type TrustProxy } from './trust-proxy.js'
import { configSchema, isSecret, VARIABLE_NAMES, type VariableName, type Variables } from './variables.js'

export const ROLES = ['receive', 'project', 'query', 'reconcile'] as const
export type Role = (typeof ROLES)[number]

export interface KafkaConfig {
  brokers: string[]
  ssl: boolean
  /** The certificate authority of the brokers, PEM; `null` for those that Node trusts. */
  ca: string | null
  sasl: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | null
  topicPrefix: string
  createTopics: boolean
}

export interface Config {
  host: string
  port: number
  publicUrl: string | null
  trustProxy: TrustProxy
  keepAliveSeconds: number
  /** An absolute path. */
  dataDir: string
  roles: readonly Role[]
  logLevel: string
  /** `null` for the default: 0 on a terminal, otherwise 5. */
  drainSeconds: number | null
  /** An IANA name. */
  timeZone: string
  region: CountryCode
  /** `null` for the embedded server. */
  databaseUrl: string | null
  databasePoolSize: number
  /** `null` for the local log. */
  kafka: KafkaConfig | null
  groupId: string
  logRetentionDays: number
  logMaxBytes: number
  spoolMaxBytes: number
  spoolMaxAgeHours: number
  mightycallApiKey: string | null
  /** The user keys of the account `default`, by extension. */
  mightycallUserKeys: Readonly<Record<string, string>>
  /** `null` for the base URL of the account's kind. */
  mightycallBaseUrl: string | null
  /** The limit on requests to MightyCall in 24 h with one API key. */
  dailyBudget: number
  longestCallHours: number
  webhookTokens: readonly string[]
  /** An absolute path, or `null` when there is only one account. */
  accountsFile: string | null
  adminKey: string | null
  metricsKey: string | null
  /** The limit on requests per minute with one key; 0 for no limit. */
  apiRateLimit: number
  corsOrigins: readonly string[]
}

/**
 * Reads the configuration from the environment. A secret may also be in a file, which `NAME_FILE` names. An empty
 * variable counts as unset.
 * @throws ConfigError  the message names every invalid variable and the expected form, never the value
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
    problems.push('KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together: set all or none')
  }
  if (data.TIME_ZONE !== undefined && !isTimeZone(data.TIME_ZONE)) problems.push(notValid('TIME_ZONE'))
  const ca =
    variables?.KAFKA_SSL_CA_FILE === undefined
      ? null
      : readText('KAFKA_SSL_CA_FILE', variables.KAFKA_SSL_CA_FILE, problems)
  const trustProxy = parseTrustProxy(variables?.TRUST_PROXY ?? 'off')
  if ('problem' in trustProxy) problems.push(trustProxy.problem)
  if (!variables || problems.length > 0 || 'problem' in trustProxy) throw new ConfigError(problems.join('; '))
  return Object.freeze(configOf(variables, { ca, trustProxy: trustProxy.value }))
}

function configOf(vars: Variables, { ca, trustProxy }: { ca: string | null; trustProxy: TrustProxy }): Config {
  return {
    host: vars.HOST,
    port: vars.PORT,
    publicUrl: vars.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    trustProxy,
    keepAliveSeconds: vars.KEEP_ALIVE_SECONDS,
    dataDir: path.resolve(vars.DATA_DIR),
    roles: [...new Set(vars.ROLES.split(',') as Role[])], // the pattern of ROLES allows nothing else
    logLevel: vars.LOG_LEVEL,
    drainSeconds: vars.DRAIN_SECONDS ?? null,
    timeZone: vars.TIME_ZONE,
    region: vars.DEFAULT_REGION as CountryCode, // with a country unknown to the library, numbers stay as received
    databaseUrl: vars.DATABASE_URL ?? null,
    databasePoolSize: vars.DATABASE_POOL_SIZE,
    kafka: vars.KAFKA_BROKERS === undefined ? null : kafkaOf(vars, vars.KAFKA_BROKERS, ca),
    groupId: vars.KAFKA_GROUP_ID,
    logRetentionDays: vars.LOG_RETENTION_DAYS,
    logMaxBytes: vars.LOG_MAX_BYTES,
    spoolMaxBytes: vars.SPOOL_MAX_BYTES,
    spoolMaxAgeHours: vars.SPOOL_MAX_AGE_HOURS,
    mightycallApiKey: vars.MIGHTYCALL_API_KEY ?? null,
    mightycallUserKeys: userKeysOf(vars.MIGHTYCALL_USER_KEY),
    mightycallBaseUrl: vars.MIGHTYCALL_BASE_URL ?? null,
    dailyBudget: vars.MIGHTYCALL_DAILY_BUDGET,
    longestCallHours: vars.MIGHTYCALL_LONGEST_CALL_HOURS,
    webhookTokens: vars.WEBHOOK_TOKENS?.split(',') ?? [],
    accountsFile: vars.ACCOUNTS_FILE === undefined ? null : path.resolve(vars.ACCOUNTS_FILE),
    adminKey: vars.ADMIN_KEY ?? null,
    metricsKey: vars.METRICS_KEY ?? null,
    apiRateLimit: vars.API_RATE_LIMIT,
    corsOrigins: vars.CORS_ORIGINS?.split(',') ?? []
  }
}

/** Parses `101:key`. The key itself may contain colons. */
function userKeysOf(given: string | undefined): Config['mightycallUserKeys'] {
  const [extension] = given?.split(':') ?? []
  return given === undefined || extension === undefined ? {} : { [extension]: given.slice(extension.length + 1) }
}

function kafkaOf(v: Variables, brokers: string, ca: string | null): KafkaConfig {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = v
  const sasl =
    mechanism && username && password
      ? { mechanism: mechanism as NonNullable<KafkaConfig['sasl']>['mechanism'], username, password }
      : null // the schema of the mechanism allows nothing else
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

/** Returns the variables that are set. Secrets are also read from their files. */
function withFiles(environment: Environment, problems: string[]): Environment {
  const data: Environment = {}
  for (const name of VARIABLE_NAMES) {
    const file = environment[`${name}_FILE`]
    if (environment[name]) data[name] = environment[name]
    else if (isSecret(name) && file) data[name] = readText(`${name}_FILE`, file, problems)?.trim()
  }
  return data
}

function readText(name: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    problems.push(`${name} cannot be read (${(err as NodeJS.ErrnoException).code})`) // node:fs throws only these
    return null
  }
}

/** Returns null, and adds to `problems`, when a variable is not valid. */
function validate(data: Environment, problems: string[]): Variables | null {
  try {
    return envSchema<Variables>({ data, schema: configSchema, env: false })
  } catch (err) {
    // env-schema attaches the errors of Ajv
    const { errors = [] } = err as { errors?: { instancePath: string; message?: string }[] }
    const names = new Set(errors.map(error => error.instancePath.slice(1) as VariableName))
    for (const name of names) problems.push(notValid(name))
    if (names.size === 0) problems.push('the environment could not be read')
    return null
  }
}

/** Describes the expected form of a variable, never its value. */
function notValid(name: VariableName): string {
  const { description, pattern, examples, minimum, maximum, anyOf } = configSchema.properties[name] as {
    description?: string
    pattern?: string
    examples?: string[]
    minimum?: number
    maximum?: number
    anyOf?: { const: string }[]
  } // these are the keywords that the schema uses
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
