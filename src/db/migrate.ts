import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { DatabaseError } from '../errors.js'
import { PROJECT_ROOT } from '../lib/package-root.js'
import { LOCKS } from './advisory-locks.js'

/** The SQL that drizzle-kit generates. */
const MIGRATIONS = path.join(PROJECT_ROOT, 'drizzle')

/**
 * Brings the schema up to date. Any number of processes may call it at once: one migrates, the others wait for it, 60 s
 * at most.
 * @throws DatabaseError  one line that says what is wrong, without a value and without the URL
 */
export async function runMigrations(connectionString: string, migrationsFolder = MIGRATIONS): Promise<void> {
  try {
    const client = new pg.Client({
      connectionString,
      application_name: 'mightycall-stream migrate',
      connectionTimeoutMillis: 10_000
    })
    client.on('error', () => {}) // the query that it breaks rejects
    await client.connect()
    // A session lock, since drizzle begins transactions of its own on this client; it goes with the session.
    // Without it two that start together both create the migrations table, and one of them fails.
    await migrateLocked(client, migrationsFolder).finally(() => client.end().catch(() => {}))
  } catch (err) {
    throw asDatabaseError(err)
  }
}

export function hasMigrations(migrationsFolder = MIGRATIONS): boolean {
  return existsSync(path.join(migrationsFolder, 'meta/_journal.json'))
}

/** The names of the migrations, in their order. */
export function migrationNames(migrationsFolder = MIGRATIONS): string[] {
  const { entries } = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[]
  } // drizzle-kit's
  return entries.map(({ tag }) => tag)
}

async function migrateLocked(client: pg.Client, migrationsFolder: string): Promise<void> {
  // of the tables too: a long query of somebody else must not hold the start forever
  await client.query("set lock_timeout = '60s'")
  await client.query('select pg_advisory_lock($1)', [LOCKS.migration])
  await migrate(drizzle(client), { migrationsFolder })
}

/** What an operator can do about it, by SQLSTATE or by the code of the network's error. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses the user or the password',
  28000: 'the server refuses the user or the password',
  '3D000': 'the database does not exist: create it',
  42501: 'the role may not do this: grant it CREATE on the database, or migrate as its owner',
  53300: 'the server has no connection left: raise max_connections, or lower DATABASE_POOL_SIZE',
  '55P03': 'another process has been migrating, or has held a table, for 60 s: try again when it is done',
  '57P03': 'the server is starting: try again',
  '0A000': 'the server lacks the extension pg_trgm: install its contrib package',
  25006: 'the server is read-only: point to the primary',
  ECONNREFUSED: 'nothing listens at its address: start the server, or correct host and port',
  ENOTFOUND: 'its host is unknown: correct it',
  EAI_AGAIN: 'its host cannot be looked up now: try again',
  ENOENT: 'its unix socket is not there: start the server, or correct the path',
  ERR_INVALID_URL: 'it is no URL: postgres://user:password@host:5432/database'
}

/** Classes whose messages quote the values that were sent: data exceptions and violated constraints. */
const QUOTES_VALUES = /^2[23]/

/** The error as one line for the operator: never with a parameter, which drizzle prints, and never with the URL. */
export function asDatabaseError(err: unknown): Error {
  if (err instanceof DatabaseError) return err
  const { code, message } = rootOf(err)
  const advice = code && ADVICE[code]
  if (advice) return new DatabaseError(`${advice} (${code})`)
  const said = code && QUOTES_VALUES.test(code) ? 'a statement failed' : firstLine(message)
  return new DatabaseError(code ? `${said} (${code})` : said)
}

function rootOf(err: unknown): { code?: string | undefined; message: string } {
  if (!(err instanceof Error)) return { message: String(err) }
  if (err.cause instanceof Error) return rootOf(err.cause)
  return { code: 'code' in err ? String(err.code) : undefined, message: err.message }
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message
}
