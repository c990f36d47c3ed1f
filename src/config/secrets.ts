import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, DataDirError } from '../errors.js'
import type { Config } from './config.js'

export interface Secrets {
  webhookTokens: readonly string[]
  adminKey: string | null
  /** Made by this start: the first one. */
  generated: boolean
  /** Where generated ones are kept, mode 0600. */
  file: string
}

/**
 * The secrets of the configuration, or generated ones that are kept in DATA_DIR. With ACCOUNTS_FILE no webhook token is
 * generated.
 * @throws ConfigError  they are missing and this is one of several processes, which must not invent their own
 */
export function loadSecrets(config: Config): Secrets {
  const file = path.join(config.dataDir, 'secrets.env')
  const shared = config.kafka !== null || config.databaseUrl !== null
  const { webhookTokens, adminKey, accountsFile } = config
  if (shared) {
    requireSecrets(config, file)
    return { webhookTokens, adminKey, generated: false, file }
  }
  const kept = readSecrets(file)
  const ADMIN_KEY = kept?.ADMIN_KEY ?? invent()
  // none was kept while there was an ACCOUNTS_FILE
  const WEBHOOK_TOKENS = kept?.WEBHOOK_TOKENS ?? (accountsFile === null ? invent() : null)
  const generated = ADMIN_KEY !== kept?.ADMIN_KEY || WEBHOOK_TOKENS !== kept.WEBHOOK_TOKENS
  if (generated)
    keep(file, `${WEBHOOK_TOKENS === null ? '' : `WEBHOOK_TOKENS=${WEBHOOK_TOKENS}\n`}ADMIN_KEY=${ADMIN_KEY}\n`)
  return {
    webhookTokens:
      webhookTokens.length > 0 || accountsFile !== null ? webhookTokens : (WEBHOOK_TOKENS?.split(',') ?? []),
    adminKey: adminKey ?? ADMIN_KEY,
    generated,
    file
  }
}

/**
 * The key of the service that commands ask, which they never make.
 * @throws ConfigError  there is none
 */
export function adminKeyOf({ adminKey, dataDir }: Pick<Config, 'adminKey' | 'dataDir'>): string {
  const file = path.join(dataDir, 'secrets.env')
  const key = adminKey ?? readSecrets(file)?.ADMIN_KEY
  if (key === undefined)
    throw new ConfigError(
      `the key of the service is not known: set ADMIN_KEY, or DATA_DIR to that of the service (there is no ${file})`
    )
  return key
}

function invent(): string {
  return randomBytes(32).toString('base64url')
}

function requireSecrets({ roles, webhookTokens, adminKey, accountsFile }: Config, file: string): void {
  const missing = [
    ...(roles.includes('receive') && webhookTokens.length === 0 && accountsFile === null ? ['WEBHOOK_TOKENS'] : []),
    ...(roles.includes('query') && adminKey === null ? ['ADMIN_KEY'] : [])
  ]
  if (missing.length === 0) return
  throw new ConfigError(
    `with KAFKA_BROKERS or DATABASE_URL, all processes share their secrets: set ${missing.join(' and ')} (${
      readSecrets(file)
        ? `generated ones are in ${file}`
        : `a start without KAFKA_BROKERS and DATABASE_URL writes generated ones to ${file}`
    })`
  )
}

function readSecrets(file: string): { WEBHOOK_TOKENS: string | null; ADMIN_KEY: string } | null {
  try {
    // its values are strings
    const { WEBHOOK_TOKENS, ADMIN_KEY } = parseEnv(readFileSync(file, 'utf8')) as Record<string, string | undefined>
    if (ADMIN_KEY && WEBHOOK_TOKENS !== '') return { WEBHOOK_TOKENS: WEBHOOK_TOKENS ?? null, ADMIN_KEY }
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException // node:fs
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
  }
  throw new DataDirError(
    `${file} does not hold WEBHOOK_TOKENS and ADMIN_KEY: restore it, or remove it to have new ones made`
  )
}

/** Written aside and renamed: a start that is killed leaves no half file. */
function keep(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
