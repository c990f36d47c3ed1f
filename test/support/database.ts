import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createReusableDatabases, databaseUrl, type ReusableDatabases, statement } from './reusable-databases.js'
import type { Teardown } from './teardown.js'

export { databaseUrl, statement }

export const TEMPLATE = 'mcs_template'

let reusable: ReusableDatabases | null = null

/**
 * Provides an empty database with the current schema that no other test uses meanwhile. Its connections are used again
 * by the next test, unless this one reads the URL.
 */
export async function freshDatabase(test: Teardown): Promise<{ pool: pg.Pool; readonly url: string }> {
  reusable ??= createReusableDatabases(testServer(), TEMPLATE)
  const { name, pool, release } = await reusable.acquire()
  let isPrivate = true
  test.teardown(() => release({ isPrivate }))
  return {
    pool,
    get url() {
      isPrivate = false
      return databaseUrl(testServer(), name)
    }
  }
}

/** Creates a database without the tables of the service, which is dropped when the test ends. */
export async function databaseWithoutTables(t: Teardown): Promise<{ pool: pg.Pool; url: string }> {
  const name = `mcs_test_${randomBytes(6).toString('hex')}`
  await statement(testServer(), `create database ${name} template template1`)
  const url = databaseUrl(testServer(), name)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {}) // a test may cut idle connections
  t.teardown(async () => {
    await pool.end()
    await statement(testServer(), `drop database ${name} with (force)`)
  })
  return { pool, url }
}

function testServer(): string {
  const { TEST_DATABASE_URL: server } = process.env
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests with "npm test"')
  return server
}
