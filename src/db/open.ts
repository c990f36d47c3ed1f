import path from 'node:path'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { EmbeddedPostgresError } from '../errors.js'
import { startEmbeddedPostgres } from './embedded/server.js'
import { runMigrations } from './migrate.js'

export interface Database {
  pool: pg.Pool
  close: () => Promise<void>
  /** Resolves should the embedded server end by itself. */
  failed: Promise<Error>
}

/** A migrated database: the configured one, or the embedded server in DATA_DIR. */
export async function openDatabase (config: Config, logger: Logger): Promise<Database> {
  const log = logger.child({ stage: 'db' })
  const embedded = config.databaseUrl === null
    ? await startEmbeddedPostgres({ dataDir: embeddedDir(config), log: message => log.info(message) })
    : null
  const url = embedded?.url ?? config.databaseUrl ?? ''
  try {
    await runMigrations(url)
  } catch (err) {
    await embedded?.stop()
    throw err
  }
  const pool = createPool(url, config.databasePoolSize, log)
  return {
    pool,
    close: async () => {
      await pool.end()
      await embedded?.stop()
    },
    failed: embedded ? embedded.exited.then(({ expected }) => expected ? new Promise<Error>(() => {}) : new EmbeddedPostgresError('the server ended by itself; its log is beside its data in DATA_DIR')) : new Promise(() => {})
  }
}

export function embeddedDir (config: Config): string {
  return path.join(config.dataDir, 'postgres')
}

/** Connections to a database, none of which is made yet. */
export function createPool (connectionString: string, max: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: 'mightycall-stream',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // 0 would leave the system's two hours
    query_timeout: 60_000, // a server that hangs must hold neither a partition nor the end of this process
    idle_in_transaction_session_timeout: 60_000 // a frozen process must not hold a checkpoint's lock for ever
  })
  pool.on('error', err => log.warn({ err }, 'an idle connection to Postgres was lost')) // unheard, it would end the process
  return pool
}
