import path from 'node:path'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { shareUntilSuccess } from '../lib/background-service.js'
import { throttle } from '../lib/throttle.js'
import { startRestartingServer } from './embedded/restarting-server.js'
import { runMigrations } from './migrate.js'

export interface Database {
  pool: pg.Pool
  /**
   * Brings the schema up to date, once the server is reachable. Can be called again after a failure.
   * @throws DatabaseError, EmbeddedPostgresError
   */
  migrate: () => Promise<void>
  /** Why the embedded server does not run, or null; always null for the configured database. */
  trouble: () => string | null
  close: () => Promise<void>
}

export interface DatabaseOptions {
  logger: Logger
  /** Called when the embedded server has ended or cannot be started; it is started again. */
  onDown: (problem: string) => void
  /** Called when it runs again. */
  onUp: () => void
}

/** Opens the configured database, or the embedded server in DATA_DIR, without waiting until it is reachable. */
export async function openDatabase(config: Config, { logger, onDown, onUp }: DatabaseOptions): Promise<Database> {
  const log = logger.child({ stage: 'db' })
  return config.databaseUrl === null
    ? openEmbedded(config, { logger: log, onDown, onUp })
    : openConfigured(config.databaseUrl, config, log)
}

function openConfigured(url: string, { databasePoolSize }: Config, log: Logger): Database {
  const pool = createPool({ connectionString: url }, databasePoolSize, log)
  return { pool, migrate: createMigrate(async () => url, log), trouble: () => null, close: () => pool.end() }
}

async function openEmbedded(config: Config, { logger: log, onDown, onUp }: DatabaseOptions): Promise<Database> {
  log.info({ dataDir: embeddedDir(config) }, 'starting the embedded Postgres')
  const server = await startRestartingServer({
    dataDir: embeddedDir(config),
    log: message => log.info(message),
    onDown,
    onUp
  })
  const pool = createPool(server.connection, config.databasePoolSize, log)
  return {
    pool,
    migrate: createMigrate(server.url, log),
    trouble: server.trouble,
    close: async () => {
      await pool.end()
      await server.close()
    }
  }
}

/** Logs the steps of a start. The first one is logged only once, since an unreachable server is tried repeatedly. */
function createMigrate(reachableUrl: () => Promise<string>, log: Logger): () => Promise<void> {
  let isAnnounced = false
  return shareUntilSuccess(async () => {
    const url = await reachableUrl()
    if (!isAnnounced) log.info('migrating the database schema')
    isAnnounced = true
    await runMigrations(url)
    log.info('the database schema is up to date')
  })
}

export function embeddedDir(config: Config): string {
  return path.join(config.dataDir, 'postgres')
}

const WARN_EVERY_MS = 10_000

/** Creates a pool, which connects on first use. */
export function createPool(connection: pg.ClientConfig, max: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max,
    application_name: 'mightycall-stream',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // 0 would mean the two hours of the operating system
    query_timeout: 60_000, // a server that hangs must not block a partition or the shutdown
    idle_in_transaction_session_timeout: 60_000 // a frozen process must not keep the lock of a checkpoint
  })
  const warn = throttle(WARN_EVERY_MS, (err: Error) => log.warn({ err }, 'idle connections to Postgres were lost'))
  // Without a listener, the 'error' event would crash the process. A server that ends closes all connections at once.
  // The embedded server ends after the pool, whose connections may still be closing.
  pool.on('error', err => {
    if (!pool.ending) warn(err)
  })
  return pool
}
