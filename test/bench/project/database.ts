import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../../src/db/embedded/server.js'
import { runMigrations } from '../../../src/db/migrate.js'
import type { Context } from '../context.js'

export interface BenchDatabase {
  pool: pg.Pool
  /** Empties the tables before each candidate. */
  empty: () => Promise<void>
}

/** Starts an embedded Postgres with default settings, so that each commit is flushed to disk. */
export async function openDatabase({ dir, teardown }: Context): Promise<BenchDatabase> {
  const server = await startEmbeddedPostgres({ dataDir: path.join(dir, 'postgres'), log: () => {} })
  teardown(server.stop)
  await runMigrations(server.url)
  const pool = new pg.Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => {})
  teardown(() => pool.end())
  return {
    pool,
    empty: async () => {
      await pool.query('truncate events, entities, checkpoints, call_history, call_legs')
      await pool.query('checkpoint') // otherwise it would run during the turn of a candidate
    }
  }
}
