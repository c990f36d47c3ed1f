import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, DataDirError } from '../errors.js'
import { writeDurably } from '../lib/durable-file.js'
import type { Config } from './config.js'

export interface Secrets {
  webhookTokens: readonly string[]
  adminKey: string | null
  /** True when this start generated a secret. */
  generated: boolean
  /** The file of the generated secrets, mode 0600. */
  file: string
}

/**
 * Returns the secrets of the configuration, or generated ones, which are kept in DATA_DIR. With ACCOUNTS_FILE, no
 * webhook token is generated.
 * @throws ConfigError  secrets are missing although several processes may share them, so that none may be generated
 */
export function loadSecrets(config: Config): Secrets {
  const file = path.join(config.dataDir, 'secrets.env')
  const shared = config.kafka !== null || config.databaseUrl !== null
  const { webhookTokens, adminKey, accountsFile } = config
  if (shared) {
    requireSecrets(config, file)
    return { webhookTokens, adminKey, generated: false, file }
  }
  const isComplete = adminKey !== null && (webhookTokens.length > 0 || accountsFile !== null)
  if (isComplete) return { webhookTokens, adminKey, generated: false, file } // no file is needed, whatever it contains
  const stored = readSecrets(file)
  const ADMIN_KEY = stored?.ADMIN_KEY ?? generateSecret()
  // a file that was written while ACCOUNTS_FILE was set has no token
  const WEBHOOK_TOKENS = stored?.WEBHOOK_TOKENS ?? (accountsFile === null ? generateSecret() : null)
  const generated = ADMIN_KEY !== stored?.ADMIN_KEY || WEBHOOK_TOKENS !== stored.WEBHOOK_TOKENS
  if (generated)
    writeDurably(
      file,
      `${WEBHOOK_TOKENS === null ? '' : `WEBHOOK_TOKENS=${WEBHOOK_TOKENS}\n`}ADMIN_KEY=${ADMIN_KEY}\n`,
      {
        mode: 0o600
      }
    )
  return {
    webhookTokens:
      webhookTokens.length > 0 || accountsFile !== null ? webhookTokens : (WEBHOOK_TOKENS?.split(',') ?? []),
    adminKey: adminKey ?? ADMIN_KEY,
    generated,
    file
  }
}

/**
 * Returns the admin key with which a command calls the running service. A command never generates one.
 * @throws ConfigError  no admin key is known
 */
export function adminKeyOf({ adminKey, dataDir }: Pick<Config, 'adminKey' | 'dataDir'>): string {
  const file = path.join(dataDir, 'secrets.env')
  const key = adminKey ?? readSecrets(file)?.ADMIN_KEY
  if (key === undefined)
    throw new ConfigError(
      `the admin key is not known: set ADMIN_KEY, or set DATA_DIR to that of the service (${file} does not exist)`
    )
  return key
}

function generateSecret(): string {
  return randomBytes(32).toString('base64url')
}

function requireSecrets({ roles, webhookTokens, adminKey, accountsFile }: Config, file: string): void {
  const missing = [
    ...(roles.includes('receive') && webhookTokens.length === 0 && accountsFile === null ? ['WEBHOOK_TOKENS'] : []),
    ...(roles.includes('query') && adminKey === null ? ['ADMIN_KEY'] : [])
  ]
  if (missing.length === 0) return
  throw new ConfigError(
    `with KAFKA_BROKERS or DATABASE_URL, all processes must use the same secrets: set ${missing.join(' and ')} (${
      readSecrets(file)
        ? `generated ones are in ${file}`
        : `a start without KAFKA_BROKERS and DATABASE_URL writes generated ones to ${file}`
    })`
  )
}

function readSecrets(file: string): { WEBHOOK_TOKENS: string | null; ADMIN_KEY: string } | null {
  try {
    // parseEnv yields strings only
    const { WEBHOOK_TOKENS, ADMIN_KEY } = parseEnv(readFileSync(file, 'utf8')) as Record<string, string | undefined>
    if (ADMIN_KEY && WEBHOOK_TOKENS !== '') return { WEBHOOK_TOKENS: WEBHOOK_TOKENS ?? null, ADMIN_KEY }
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException // node:fs throws these
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
  }
  throw new DataDirError(
    `${file} does not contain WEBHOOK_TOKENS and ADMIN_KEY: restore it, or remove it to generate new secrets`
  )
}
