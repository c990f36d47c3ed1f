import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { runMigrations } from '../../src/db/migrate.js'
import { databaseWithoutTables } from '../support/database.js'
import { tempDir } from '../support/temp-dir.js'

t.test('of several processes that migrate at the same time one does the work, and all succeed', async t => {
  const { url, pool } = await databaseWithoutTables(t)
  const folder = migrations(t, ['create table first_table (id int)', "create type color as enum ('red')"])
  await Promise.all(Array.from({ length: 4 }, () => runMigrations(url, folder)))
  const { rows } = await pool.query('select count(*)::int as n from drizzle.__drizzle_migrations')
  t.strictSame(rows, [{ n: 2 }])
})

t.test('a migration that fails is rolled back, and its error contains no value', async t => {
  const { url, pool } = await databaseWithoutTables(t)
  const folder = migrations(t, ['create table first_table (id int)', "insert into first_table values ('secret-value')"])
  await t.rejects(runMigrations(url, folder), {
    code: 'MCS_DATABASE',
    message: 'DATABASE_URL: a statement failed (22P02)'
  })
  const { rows } = await pool.query("select to_regclass('first_table') as found")
  t.strictSame(rows, [{ found: null }])
})

t.test('the message of Postgres is used when it quotes no value', async t => {
  const { url } = await databaseWithoutTables(t)
  const folder = migrations(t, ['drop table never_made'])
  await t.rejects(runMigrations(url, folder), { message: 'DATABASE_URL: table "never_made" does not exist (42P01)' })
})

const unreachable = [
  { name: 'no server listens', url: 'postgres://u:secret@127.0.0.1:1/x', message: /no server listens.*ECONNREFUSED/ },
  { name: 'no such socket', url: 'postgres://u:secret@%2Fnowhere:5432/x', message: /unix socket does not exist/ },
  { name: 'not a URL', url: 'postgres://u:secret@host:99999/x', message: /the URL is invalid/ }
]

for (const { name, url, message } of unreachable) {
  t.test(`an unreachable server is reported in one line, without the URL: ${name}`, async t => {
    const err = await runMigrations(url, '/nowhere').catch(err => err)
    t.match(err, { code: 'MCS_DATABASE', message })
    t.notMatch(err.message, /secret|\n/)
  })
}

t.test('a missing database and a wrong password have their own messages', async t => {
  const { url } = await databaseWithoutTables(t)
  await t.rejects(runMigrations(url.replace(/mcs_test_/, 'none_')), { message: /does not exist: create it/ })
  await t.rejects(runMigrations(url.replace(/:[^:@/]+@/, ':wrong@')), { message: /rejects the user or the password/ })
})

/** A folder of migrations as drizzle-kit writes it, with one file for each statement. */
function migrations(t: Parameters<typeof tempDir>[0], statements: readonly string[]): string {
  const folder = tempDir(t)
  const entries = statements.map((_, i) => ({
    idx: i,
    version: '7',
    when: i + 1,
    tag: `000${i}_step`,
    breakpoints: true
  }))
  mkdirSync(path.join(folder, 'meta'))
  writeFileSync(
    path.join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries })
  )
  statements.forEach((sql, i) => {
    writeFileSync(path.join(folder, `000${i}_step.sql`), sql)
  })
  return folder
}
