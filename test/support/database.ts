import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createReusableDatabases, databaseUrl, type ReusableDatabases, statement } from './reusable-databases.js'
import type { Teardown } from './teardown.js'

export { databaseUrl, statement }

export const TEMPLATE = 'mcs_template'

let reusable: ReusableDatabases | null = null

/** Provides an empty database with the current schema that no other test uses meanwhile. */
export async function freshDatabase(t: Teardown): Promise<{ pool: pg.Pool; url: string }> {
  reusable ??= createReusableDatabases(testServer(), TEMPLATE)
  const { acquire, release } = reusable
  const name = await acquire()
  return connectTo(t, name, () => release(name))
}

/** Creates a database without the tables of the service, which is dropped when the test ends. */
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
  pool.on('error', () => {}) // a test may cut idle connections
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
