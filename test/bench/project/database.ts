import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../../src/db/embedded/server.js'
import { runMigrations } from '../../../src/db/migrate.js'
import type { Context } from '../context.js'

export interface BenchDatabase {
  pool: pg.Pool
  /** Makes every candidate begin with empty tables. */
  empty: () => Promise<void>
}

/** An embedded Postgres with its default settings: each commit is on the disk. */
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
      await pool.query('checkpoint') // or it would come during somebody's turn
    }
  }
}
