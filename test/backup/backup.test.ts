import { readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readBackup } from '../../src/backup/read-backup.js'
import { restoreBackup } from '../../src/backup/restore-backup.js'
import { KEPT_TABLES, REBUILT_TABLES, TRANSIENT_TABLES } from '../../src/backup/tables.js'
import { writeBackup } from '../../src/backup/write-backup.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { allRows, backUp, databaseWithAllTables, restoreAndRebuild, rewriteBackup } from '../support/backups.js'
import { projectorOf } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { FOREIGN_RECORD, insertUndecodableLetters } from '../support/dead-letters.js'
import { eventually } from '../support/eventually.js'
import { NOW } from '../support/projection.js'
import { SETTINGS } from '../support/settings.js'
import { tempDir } from '../support/temp-dir.js'

t.test('every table is in the backup, rebuilt, or transient', async t => {
  const { pool } = await freshDatabase(t)
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`
  )
  t.strictSame(
    rows.map(({ name }) => name).sort(),
    [...KEPT_TABLES.map(({ name }) => name), ...REBUILT_TABLES, ...TRANSIENT_TABLES].sort()
  )
})

t.test('a restored and rebuilt database has the same rows', async t => {
  const { pool } = await databaseWithAllTables(t)
  const file = await backUp(t, pool)
  const copy = await restoreAndRebuild(t, file)
  const [before, after] = [await allRows(pool), await allRows(copy.pool)]
  for (const [name, rows] of before) {
    t.ok(rows.length > 0, `${name} has rows`)
    t.strictSame(after.get(name), rows, name)
  }
  t.match(await rebuild({ pool: copy.pool, settings: SETTINGS, now: () => NOW, dryRun: true }), {
    differences: 0,
    failures: []
  })
  await insertUndecodableLetters(copy.pool, [FOREIGN_RECORD], 100)
  t.match(
    (await copy.pool.query('select max(id) as id from dead_letters')).rows,
    [{ id: '4' }],
    'the sequence continues'
  )
})

t.test(
  'the file is readable by its owner only, appears when it is complete, and replaces another only with force',
  async t => {
    const { pool } = await databaseWithAllTables(t, { calls: 5 })
    const dir = tempDir(t)
    const file = path.join(dir, 'b')
    const write = (options = {}) => writeBackup({ pool, file, force: false, now: NOW, ...options })
    await write()
    t.equal(statSync(file).mode & 0o777, 0o600)
    await t.rejects(write(), { code: 'MCS_BACKUP_FILE', message: /exists already: name another file, or add --force/ })
    writeFileSync(file, 'another')
    await write({ force: true })
    t.match(await readBackup({ file }), { format: 1 })
    await t.rejects(write({ file: path.join(dir, 'nowhere', 'b') }), { code: 'MCS_BACKUP_FILE', message: /ENOENT/ })
    const abort = new AbortController()
    await t.rejects(write({ file: path.join(dir, 'c'), signal: abort.signal, onRows: () => abort.abort() }), {
      name: 'AbortError'
    })
    t.strictSame(readdirSync(dir), ['b'], 'no temporary files remain')
  }
)

t.test('only an empty database is restored into, and one that a service has only opened counts as empty', async t => {
  const { pool } = await databaseWithAllTables(t, { calls: 5 })
  const file = await backUp(t, pool)
  await t.rejects(restoreBackup({ pool, file }), {
    code: 'MCS_DATABASE_NOT_EMPTY',
    message: /\(events, checkpoints, .*restore into an empty one/
  })
  const other = await freshDatabase(t)
  await other.pool.query(
    `insert into checkpoints (log_id, consumer_group, topic, partition, last_offset, updated_at)
     values ('log', 'g', 'calls', 0, -1, now())`
  )
  await restoreBackup({ pool: other.pool, file })
  t.strictSame((await allRows(other.pool)).get('checkpoints'), (await allRows(pool)).get('checkpoints'))
})

t.test('a backup of an older schema is restored with the current defaults', async t => {
  const { pool } = await databaseWithAllTables(t, { calls: 5 })
  const file = await backUp(t, pool)
  rewriteBackup(file, ([header = '', ...lines]) => [
    header.replace(',"state"', '').replace(/"migration":"\w+"/, '"migration":"0000_backbone"'),
    ...lines.map(line => (line.startsWith('{"dead_letters"') ? line.replace(/,"state":"dead"/, '') : line))
  ])
  const copy = await restoreAndRebuild(t, file)
  t.strictSame((await allRows(copy.pool)).get('dead_letters'), (await allRows(pool)).get('dead_letters'))
})

t.test('a backup during projection is consistent: projecting again from its checkpoints completes it', async t => {
  const { pool, events, simulation } = await databaseWithAllTables(t, { calls: 40 })
  const ofSecondAccount = events.map(event => ({ ...event, account: `${simulation.truth.account}-2` }))
  const project = projectorOf(pool, { logId: 'second', batchSize: 5 })
  const projecting = project(ofSecondAccount)
  await eventually(
    'some events are projected',
    async () => (await pool.query("select from events where account like '%-2'")).rowCount !== 0
  )
  const file = await backUp(t, pool)
  await projecting
  const { pool: copy } = await restoreAndRebuild(t, file)
  const count = async () => (await copy.query("select from events where account like '%-2'")).rowCount ?? 0
  t.ok((await count()) < ofSecondAccount.length, 'the backup contains a part of the events')
  // from the first record of the log: records that the checkpoints cover are skipped
  await projectorOf(copy, { logId: 'second', batchSize: 5 })(ofSecondAccount)
  const [before, after] = [await allRows(pool), await allRows(copy)]
  for (const name of ['events', 'entities', 'call_history', 'call_legs', 'sms_logs', 'mightycall_reports', 'drift'])
    t.strictSame(after.get(name), before.get(name), name)
})
