import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { runMigrations } from '../../src/db/migrate.js'
import { freshDatabase } from '../support/database.js'
import { tempDir } from '../support/temp-dir.js'

const EMPTY = { template: 'template1' }

t.test('of processes that migrate at once one does it, and all are content', async t => {
  const { url, pool } = await freshDatabase(t, EMPTY)
  const folder = migrations(t, ['create table first_table (id int)', "create type color as enum ('red')"])
  await Promise.all(Array.from({ length: 4 }, () => runMigrations(url, folder)))
  const { rows } = await pool.query('select count(*)::int as n from drizzle.__drizzle_migrations')
  t.strictSame(rows, [{ n: 2 }])
})

t.test('a migration that fails is undone whole, and its error shows no value', async t => {
  const { url, pool } = await freshDatabase(t, EMPTY)
  const folder = migrations(t, ['create table first_table (id int)', "insert into first_table values ('secret-value')"])
  await t.rejects(runMigrations(url, folder), {
    code: 'MCS_DATABASE',
    message: 'DATABASE_URL: a statement failed (22P02)'
  })
  const { rows } = await pool.query("select to_regclass('first_table') as found")
  t.strictSame(rows, [{ found: null }])
})

t.test('a failed statement that quotes no value is told in the words of Postgres', async t => {
  const { url } = await freshDatabase(t, EMPTY)
  const folder = migrations(t, ['drop table never_made'])
  await t.rejects(runMigrations(url, folder), { message: 'DATABASE_URL: table "never_made" does not exist (42P01)' })
})

const unreachable = [
  { name: 'nobody listens', url: 'postgres://u:secret@127.0.0.1:1/x', says: /nothing listens.*ECONNREFUSED/ },
  { name: 'no such socket', url: 'postgres://u:secret@%2Fnowhere:5432/x', says: /unix socket is not there/ },
  { name: 'not a URL', url: 'postgres://u:secret@host:99999/x', says: /it is no URL/ }
]

for (const { name, url, says } of unreachable) {
  t.test(`says in one line, without the URL, what is wrong: ${name}`, async t => {
    const err = await runMigrations(url, '/nowhere').catch(err => err)
    t.match(err, { code: 'MCS_DATABASE', message: says })
    t.notMatch(err.message, /secret|\n/)
  })
}

t.test('a database that is missing and a password that is wrong have messages of their own', async t => {
  const { url } = await freshDatabase(t, EMPTY)
  await t.rejects(runMigrations(url.replace(/mcs_test_/, 'none_')), { message: /does not exist: create it/ })
  await t.rejects(runMigrations(url.replace(/:[^:@/]+@/, ':wrong@')), { message: /refuses the user or the password/ })
})

/** A folder as drizzle-kit writes it, one file for each statement. */
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
