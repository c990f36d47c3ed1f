import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { runMigrations } from '../../src/db/migrate.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { databaseWithoutTables } from '../support/database.js'
import { tempDir } from '../support/temp-dir.js'

/** The migrations of an older version, up to this one. */
function migrationsUntil(t: Test, tag: string): string {
  const folder = tempDir(t)
  cpSync(path.join(PROJECT_ROOT, 'drizzle'), folder, { recursive: true })
  const file = path.join(folder, 'meta/_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { tag: string }[] } // a file of this project
  const entries = journal.entries.slice(0, journal.entries.findIndex(entry => entry.tag === tag) + 1)
  writeFileSync(file, JSON.stringify({ ...journal, entries }))
  return folder
}

t.test('dead letters of an earlier version get an id, a state, and their account where it is known', async t => {
  const { url, pool } = await databaseWithoutTables(t)
  await runMigrations(url, migrationsUntil(t, '0002_whole_model'))
  const headers = [{ ce_source: '/mightycall/acme/webhook' }, { ce_source: 'elsewhere' }, {}]
  await pool.query(
    `insert into dead_letters (log_id, topic, partition, record_offset, record_id, code, reason, headers, died_at)
    select 'log', 'calls', 0, n, 'id', 'MCS_UNDECODABLE_RECORD', 'why', $1::jsonb -> (n - 1), now()
    from generate_series(1, 3) n`,
    [JSON.stringify(headers)]
  )
  await runMigrations(url)
  t.strictSame((await pool.query('select id, record_offset, account, state from dead_letters order by id')).rows, [
    { id: '1', record_offset: '1', account: 'acme', state: 'dead' },
    { id: '2', record_offset: '2', account: null, state: 'dead' },
    { id: '3', record_offset: '3', account: null, state: 'dead' }
  ])
})
