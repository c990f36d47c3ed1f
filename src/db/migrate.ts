import { readFileSync } from 'node:fs'
import path from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { DatabaseError } from '../errors.js'
import { PROJECT_ROOT } from '../lib/package-root.js'
import { LOCKS } from './advisory-locks.js'
import { createReportingViews } from './reporting/create-views.js'

/** The SQL files that drizzle-kit generates. */
const MIGRATIONS = path.join(PROJECT_ROOT, 'drizzle')

/**
 * Brings the schema up to date, with the views of the schema `reporting`. Any number of processes may call it at the
 * same time: one migrates, and the others wait for it, at most 60 s.
 * @throws DatabaseError  with one line that tells what is wrong, without values and without the URL
 */
export async function runMigrations(connectionString: string, migrationsFolder = MIGRATIONS): Promise<void> {
  try {
    const client = new pg.Client({
      connectionString,
      application_name: 'mightycall-stream migrate',
      connectionTimeoutMillis: 10_000
    })
    client.on('error', () => {}) // the interrupted query rejects
    await client.connect()
    // A session lock, since drizzle begins its own transactions on this client; it is released with the session.
    // Without it, two processes that start together both create the migrations table, and one of them fails.
    await migrateLocked(client, migrationsFolder).finally(() => client.end().catch(() => {}))
  } catch (err) {
    throw asDatabaseError(err)
  }
}

/** The names of the migrations, in order. */
export function migrationNames(migrationsFolder = MIGRATIONS): string[] {
  const { entries } = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[]
  } // as drizzle-kit writes it
  return entries.map(({ tag }) => tag)
}

async function migrateLocked(client: pg.Client, migrationsFolder: string): Promise<void> {
  // also limits the wait for tables that a long query of another program has locked
  await client.query("set lock_timeout = '60s'")
  await client.query('select pg_advisory_lock($1)', [LOCKS.migration])
  await migrate(drizzle(client), { migrationsFolder })
  if (migrationsFolder === MIGRATIONS && (await isKnownSchema(client))) await createReportingViews(client)
}

/** False when a newer version has migrated the database: its tables may not have what the views of this one read. */
async function isKnownSchema(client: pg.Client): Promise<boolean> {
  const {
    rows: [row]
  } = await client.query<{ applied: number }>('select count(*)::int as applied from drizzle.__drizzle_migrations')
  return (row?.applied ?? 0) <= migrationNames().length
}

/** What an operator can do, by SQLSTATE or by the code of the network error. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'the server rejects the user or the password',
  28000: 'the server rejects the user or the password',
  '3D000': 'the database does not exist: create it',
  42501: 'the role lacks a privilege: grant it CREATE on the database, or migrate as the owner of the database',
  53300: 'the server has no connection left: raise max_connections, or lower DATABASE_POOL_SIZE',
  '55P03': 'another process has been migrating, or has locked a table, for 60 s: try again when it is done',
  '57P03': 'the server is starting: try again',
  '0A000': 'the server lacks the extension pg_trgm: install the contrib package of PostgreSQL',
  25006: 'the server is read-only: use the address of the primary',
  ECONNREFUSED: 'no server listens at this address: start the server, or correct the host and port',
  ENOTFOUND: 'the host is unknown: correct it',
  EAI_AGAIN: 'the host cannot be resolved at the moment: try again',
  ENOENT: 'the unix socket does not exist: start the server, or correct the path',
  ERR_INVALID_URL: 'the URL is invalid: use postgres://user:password@host:5432/database'
}

/** SQLSTATE classes whose messages quote values: data exceptions and violated constraints. */
const QUOTES_VALUES = /^2[23]/

/** The error as one line for the operator, without the URL and without the parameters that drizzle prints. */
function asDatabaseError(err: unknown): Error {
  if (err instanceof DatabaseError) return err
  const { code, message } = rootOf(err)
  const advice = code && ADVICE[code]
  if (advice) return new DatabaseError(`${advice} (${code})`)
  const summary = code && QUOTES_VALUES.test(code) ? 'a statement failed' : firstLine(message)
  return new DatabaseError(code ? `${summary} (${code})` : summary)
}

function rootOf(err: unknown): { code?: string | undefined; message: string } {
  if (!(err instanceof Error)) return { message: String(err) }
  if (err.cause instanceof Error) return rootOf(err.cause)
  return { code: 'code' in err ? String(err.code) : undefined, message: err.message }
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message
}
