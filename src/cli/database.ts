import type pg from 'pg'
import { pino } from 'pino'
import { createAccounts, loadAccounts } from '../accounts/accounts.js'
import { loadSettings, type RuntimeSettings } from '../accounts/runtime-settings.js'
import type { Config } from '../config/config.js'
import { attachEmbeddedPostgres } from '../db/embedded/attach.js'
import { startEmbeddedPostgres } from '../db/embedded/server.js'
import { runMigrations } from '../db/migrate.js'
import { createPool, embeddedDir } from '../db/open.js'

/**
 * Runs the work of a command on the database of the service, after migrating it: DATABASE_URL, else the embedded server
 * of a running service, else an embedded server that is started for the command.
 *
 * @throws DatabaseError, EmbeddedPostgresError, DataDirError  one line for the operator
 */
export async function withDatabase<T>(config: Config, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const dataDir = embeddedDir(config)
  const running = config.databaseUrl ?? (await attachEmbeddedPostgres({ dataDir }))
  const own = running === null ? await startEmbeddedPostgres({ dataDir, log: message => console.error(message) }) : null
  try {
    const url = own?.url ?? running ?? ''
    await runMigrations(url)
    const pool = createPool({ connectionString: url }, config.databasePoolSize, pino({ level: 'silent' }))
    return await work(pool).finally(() => pool.end())
  } finally {
    await own?.stop()
  }
}

/** The settings of the accounts as the service has them, so that a command folds rows as the service does. */
export async function accountSettings(config: Config, pool: pg.Pool): Promise<RuntimeSettings> {
  return loadSettings(createAccounts(loadAccounts(config, config.webhookTokens), config), pool)
}
