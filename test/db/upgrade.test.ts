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

t.test('the events of a call whose GUID was stored in two casings become those of one call', async t => {
  const { url, pool } = await databaseWithoutTables(t)
  await runMigrations(url, migrationsUntil(t, '0010_statistics'))
  const guid = 'a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d'
  const others = ['CALL-1', `${guid.toUpperCase()}-2`]
  const notations = [guid, guid.toUpperCase(), `{${guid}}`]
  for (const callId of [...notations, ...others]) {
    await pool.query("insert into entities (account, kind, entity, fold_version) values ('acme', 'call', $1, 99)", [
      callId
    ])
    await pool.query(
      `insert into events
        (account, kind, entity, id, type, source, occurred_at, received_at, fields, raw, raw_is_json)
      values ('acme', 'call', $1, gen_random_uuid(), 'call.started', 'webhook', now(), now(),
        jsonb_build_object('callId', $1::text, 'from', null), '{}', true)`,
      [callId]
    )
  }
  await runMigrations(url)
  const { rows } = await pool.query(
    `select entity, fields ->> 'callId' as "callId", count(*)::int as events from events
    group by 1, 2 order by entity collate "C"`
  )
  t.strictSame(rows, [
    ...others.toSorted().map(callId => ({ entity: callId, callId, events: 1 })),
    { entity: guid, callId: guid, events: 3 }
  ])
  const outdated = await pool.query<{ entity: string }>('select entity from entities where fold_version = 0')
  t.strictSame(
    outdated.rows.map(({ entity }) => entity).sort(),
    notations.toSorted(),
    'the call and its other notations are folded again'
  )
})
