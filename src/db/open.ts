import path from 'node:path'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { EmbeddedPostgresError } from '../errors.js'
import { shareUntilSuccess } from '../lib/background-start.js'
import { startEmbeddedPostgres } from './embedded/server.js'
import { runMigrations } from './migrate.js'

export interface Database {
  pool: pg.Pool
  /**
   * Brings the schema up to date, once the server answers. May be tried again. @throws DatabaseError,
   * EmbeddedPostgresError
   */
  migrate: () => Promise<void>
  close: () => Promise<void>
  /** Resolves should the embedded server not start, or end by itself. */
  failed: Promise<Error>
}

/** The configured database, or the embedded server in DATA_DIR, whether or not it answers already. */
export async function openDatabase(config: Config, logger: Logger): Promise<Database> {
  const log = logger.child({ stage: 'db' })
  return config.databaseUrl === null ? openEmbedded(config, log) : openConfigured(config.databaseUrl, config, log)
}

function openConfigured(url: string, { databasePoolSize }: Config, log: Logger): Database {
  const pool = createPool(url, databasePoolSize, log)
  return { pool, migrate: createMigrate(url, log), close: () => pool.end(), failed: new Promise(() => {}) }
}

/** Its recovery after a kill takes a while, in which notifications are taken already. */
async function openEmbedded(config: Config, log: Logger): Promise<Database> {
  let know = (_url: string) => {}
  const known = new Promise<string>(resolve => {
    know = resolve
  })
  log.info({ dataDir: embeddedDir(config) }, 'starting the embedded Postgres')
  const starting = startEmbeddedPostgres({
    dataDir: embeddedDir(config),
    log: message => log.info(message),
    onUrl: know
  })
  const url = await Promise.race([known, starting.then(server => server.url)])
  const pool = createPool(url, config.databasePoolSize, log)
  return {
    pool,
    migrate: createMigrate(url, log, starting),
    close: async () => {
      await pool.end()
      await starting.then(
        server => server.stop(),
        () => {}
      ) // why it did not start has been told
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
          : new EmbeddedPostgresError('the server ended by itself; its log is beside its data in DATA_DIR')
      })
  }
}

/**
 * Logs each step, for whoever waits for a start. The first one is logged once only: an unreachable server is tried
 * again
 * and again.
 */
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

/** Connections to a database, none of which is made yet. */
export function createPool(connectionString: string, max: number, log: Logger): pg.Pool {
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
  // unheard, it would end the process
  pool.on('error', err => log.warn({ err }, 'an idle connection to Postgres was lost'))
  return pool
}
