import path from 'node:path'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { EmbeddedPostgresError } from '../errors.js'
import { shareUntilSuccess } from '../lib/background-service.js'
import { startEmbeddedPostgres } from './embedded/server.js'
import { runMigrations } from './migrate.js'

export interface Database {
  pool: pg.Pool
  /**
   * Brings the schema up to date, once the server is reachable. Can be called again after a failure.
   * @throws DatabaseError, EmbeddedPostgresError
   */
  migrate: () => Promise<void>
  close: () => Promise<void>
  /** Resolves when the embedded server cannot start or ends unexpectedly. */
  failed: Promise<Error>
}

/** Opens the configured database, or the embedded server in DATA_DIR, without waiting until it is reachable. */
export async function openDatabase(config: Config, logger: Logger): Promise<Database> {
  const log = logger.child({ stage: 'db' })
  return config.databaseUrl === null ? openEmbedded(config, log) : openConfigured(config.databaseUrl, config, log)
}

function openConfigured(url: string, { databasePoolSize }: Config, log: Logger): Database {
  const pool = createPool(url, databasePoolSize, log)
  return { pool, migrate: createMigrate(url, log), close: () => pool.end(), failed: new Promise(() => {}) }
}

/** Does not wait for the server, whose crash recovery may take a while: notifications are accepted meanwhile. */
async function openEmbedded(config: Config, log: Logger): Promise<Database> {
  let resolveUrl = (_url: string) => {}
  const earlyUrl = new Promise<string>(resolve => {
    resolveUrl = resolve
  })
  log.info({ dataDir: embeddedDir(config) }, 'starting the embedded Postgres')
  const starting = startEmbeddedPostgres({
    dataDir: embeddedDir(config),
    log: message => log.info(message),
    onUrl: resolveUrl
  })
  const url = await Promise.race([earlyUrl, starting.then(server => server.url)])
  const pool = createPool(url, config.databasePoolSize, log)
  return {
    pool,
    migrate: createMigrate(url, log, starting),
    close: async () => {
      await pool.end()
      await starting.then(
        server => server.stop(),
        () => {} // `failed` reports why it did not start
      )
    },
    failed: starting
      .then(
        server => server.exited,
        (err: Error) => err
      )
      .then(end => {
        if (end instanceof Error) return end
        return end.expected
          ? new Promise<Error>(() => {})
          : new EmbeddedPostgresError(
              'the server ended unexpectedly: see its log, which is next to its data in DATA_DIR'
            )
      })
  }
}

/** Logs the steps of a start. The first one is logged only once, since an unreachable server is tried repeatedly. */
function createMigrate(
  url: string,
  log: Logger,
  serverReady: Promise<unknown> = Promise.resolve()
): () => Promise<void> {
  let isAnnounced = false
  return shareUntilSuccess(async () => {
    await serverReady
    if (!isAnnounced) log.info('migrating the database schema')
    isAnnounced = true
    await runMigrations(url)
    log.info('the database schema is up to date')
  })
}

export function embeddedDir(config: Config): string {
  return path.join(config.dataDir, 'postgres')
}

/** Creates a pool, which connects on first use. */
export function createPool(connectionString: string, max: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: 'mightycall-stream',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // 0 would mean the two hours of the operating system
    query_timeout: 60_000, // a server that hangs must not block a partition or the shutdown
    idle_in_transaction_session_timeout: 60_000 // a frozen process must not keep the lock of a checkpoint
  })
  // an unhandled 'error' event would crash the process
  pool.on('error', err => log.warn({ err }, 'an idle connection to Postgres was lost'))
  return pool
}
