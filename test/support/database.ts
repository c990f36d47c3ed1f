import { randomBytes } from 'node:crypto'
import pg from 'pg'

interface Teardown {
  teardown: (fn: () => Promise<void>) => void
}

/** A database of the test's own, cloned from the migrated `mcs_template` (or empty); dropped when the test ends. */
export async function freshDatabase(
  t: Teardown,
  { template = 'mcs_template' } = {}
): Promise<{ pool: pg.Pool; url: string }> {
  const { TEST_DATABASE_URL: server } = process.env
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with "npm test"')
  const name = `mcs_test_${randomBytes(6).toString('hex')}`
  const url = databaseUrl(server, name)
  await statement(server, `create database ${name} template ${template}`)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {}) // an idle connection that a test has cut
  t.teardown(async () => {
    await pool.end()
    await statement(server, `drop database ${name} with (force)`)
  })
  return { pool, url }
}

/** The same server, another database. */
export function databaseUrl(server: string, name: string): string {
  return server.replace(/\/[^/?]*(?=\?|$)/, `/${name}`)
}

/** One statement on a connection of its own: CREATE DATABASE goes into no transaction. */
export async function statement(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client.query(sql).finally(() => client.end())
}
