import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createReusableDatabases, databaseUrl, type ReusableDatabases, statement } from './reusable-databases.js'

export { databaseUrl, statement }

export const TEMPLATE = 'mcs_template'

interface Teardown {
  teardown: (fn: () => Promise<void>) => void
}

let reusable: ReusableDatabases | null = null

/** An empty database with the current schema, of the test's own. */
export async function freshDatabase(t: Teardown): Promise<{ pool: pg.Pool; url: string }> {
  reusable ??= createReusableDatabases(testServer(), TEMPLATE)
  const { acquire, release } = reusable
  const name = await acquire()
  return connectTo(t, name, () => release(name))
}

/** A database of the test's own without our tables. */
export async function databaseWithoutTables(t: Teardown): Promise<{ pool: pg.Pool; url: string }> {
  const name = `mcs_test_${randomBytes(6).toString('hex')}`
  await statement(testServer(), `create database ${name} template template1`)
  return connectTo(t, name, async () => {
    await statement(testServer(), `drop database ${name} with (force)`)
  })
}

function connectTo(t: Teardown, name: string, release: () => Promise<void>): { pool: pg.Pool; url: string } {
  const url = databaseUrl(testServer(), name)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {}) // an idle connection that a test has cut
  t.teardown(async () => {
    await pool.end()
    await release()
  })
  return { pool, url }
}

function testServer(): string {
  const { TEST_DATABASE_URL: server } = process.env
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with "npm test"')
  return server
}
