import pg from 'pg'
import type { Config } from '../config.js'
import { attachEmbeddedPostgres } from '../db/embedded/attach.js'
import { startEmbeddedPostgres } from '../db/embedded/server.js'
import { runMigrations } from '../db/migrate.js'
import { embeddedDir } from '../db/open.js'

/** Does the work with the URL of the database of DATABASE_URL, of the running service, or of a server that is started for it. */
export async function withDatabaseUrl<T> (config: Config, work: (url: string) => Promise<T>): Promise<T> {
  const dataDir = embeddedDir(config)
  const running = config.databaseUrl ?? await attachEmbeddedPostgres({ dataDir })
  const own = running === null ? await startEmbeddedPostgres({ dataDir, log: message => console.error(message) }) : null
  try {
    return await work(own?.url ?? running ?? '')
  } finally {
    await own?.stop()
  }
}

/** The same with a pool, once the schema is up to date. */
export async function withDatabase<T> (config: Config, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  return withDatabaseUrl(config, async url => {
    await runMigrations(url)
    const pool = new pg.Pool({ connectionString: url, max: 4, application_name: 'mightycall-stream command', connectionTimeoutMillis: 5000 })
    pool.on('error', () => {}) // the query that it breaks rejects
    return work(pool).finally(() => pool.end())
  })
}
