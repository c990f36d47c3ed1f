import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { PROJECT_ROOT } from '../lib/package-root.js'
import { LOCKS } from './advisory-locks.js'
import { asDatabaseError } from './database-error.js'

/** The SQL that drizzle-kit generates. */
const MIGRATIONS = path.join(PROJECT_ROOT, 'drizzle')


/**
 * Brings the schema up to date. Any number of processes may call it at once: one migrates, the others wait for it, 60 s at most.
 * @throws DatabaseError  one line that says what is wrong, without a value and without the URL
 */
export async function runMigrations (connectionString: string, migrationsFolder = MIGRATIONS): Promise<void> {
  try {
    const client = new pg.Client({ connectionString, application_name: 'mightycall-stream migrate', connectionTimeoutMillis: 10_000 })
    client.on('error', () => {}) // the query that it breaks rejects
    await client.connect()
    // A session lock, since drizzle begins transactions of its own on this client; it goes with the session.
    // Without it two that start together both create the migrations table, and one of them fails.
    await migrateLocked(client, migrationsFolder).finally(() => client.end().catch(() => {}))
  } catch (err) {
    throw asDatabaseError(err)
  }
}

export function hasMigrations (migrationsFolder = MIGRATIONS): boolean {
  return existsSync(path.join(migrationsFolder, 'meta/_journal.json'))
}

/** The names of the migrations, in their order. */
export function migrationNames (migrationsFolder = MIGRATIONS): string[] {
  const { entries } = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as { entries: { tag: string }[] } // drizzle-kit's
  return entries.map(({ tag }) => tag)
}

async function migrateLocked (client: pg.Client, migrationsFolder: string): Promise<void> {
  await client.query("set lock_timeout = '60s'") // of the tables too: a long query of somebody else must not hold the start forever
  await client.query('select pg_advisory_lock($1)', [LOCKS.migration])
  await migrate(drizzle(client), { migrationsFolder })
}
