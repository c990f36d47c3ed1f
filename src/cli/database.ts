import type pg from 'pg'
import { pino } from 'pino'
import { createAccounts, loadAccounts } from '../accounts/accounts.js'
import { loadSettings, type RuntimeSettings } from '../accounts/runtime-settings.js'
import type { Config } from '../config/config.js'
import { attachEmbeddedPostgres } from '../db/embedded/attach.js'
import { startEmbeddedPostgres } from '../db/embedded/server.js'
import { runMigrations } from '../db/migrate.js'
import { createPool, embeddedDir } from '../db/open.js'
import { DatabaseError, EmbeddedPostgresError } from '../errors.js'
import { codeOrNameOf } from '../lib/error-code.js'
import { isDatabaseUnavailable } from '../lib/sqlstate.js'

/**
 * Runs the work of a command on the database of the service, after migrating it: DATABASE_URL, else the embedded server
 * of a running service, else an embedded server that is started for the command.
 *
 * @throws DatabaseError, EmbeddedPostgresError, DataDirError  one line for the operator
 */
export async function withDatabase<T>(config: Config, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  return useDatabase(config, work).catch(err => {
    if (!isDatabaseUnavailable(err)) throw err
    const problem = `the connection was lost (${codeOrNameOf(err)}): run the command again when the server is back`
    throw config.databaseUrl === null ? new EmbeddedPostgresError(problem) : new DatabaseError(problem)
  })
}

async function useDatabase<T>(config: Config, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const { url, stop } =
    config.databaseUrl === null ? await openEmbedded(config) : { url: config.databaseUrl, stop: null }
  try {
    await runMigrations(url)
    const pool = createPool({ connectionString: url }, config.databasePoolSize, pino({ level: 'silent' }))
    return await work(pool).finally(() => pool.end())
  } finally {
    await stop?.()
  }
}

/** The service may start its server at the same time. Then that one is used. */
async function openEmbedded(config: Config): Promise<{ url: string; stop: (() => Promise<void>) | null }> {
  const dataDir = embeddedDir(config)
  const running = await attachEmbeddedPostgres({ dataDir })
  if (running !== null) return { url: running, stop: null }
  return startEmbeddedPostgres({ dataDir, log: message => console.error(message) }).catch(async err => {
    const url = await attachEmbeddedPostgres({ dataDir })
    if (url === null) throw err
    return { url, stop: null }
  })
}

/** The settings of the accounts as the service has them, so that a command folds rows as the service does. */
export async function accountSettings(config: Config, pool: pg.Pool): Promise<RuntimeSettings> {
  return loadSettings(createAccounts(loadAccounts(config, config.webhookTokens), config), pool)
}
