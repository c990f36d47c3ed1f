import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { databaseWithAllTables } from '../../support/backups.js'
import { freshDatabase } from '../../support/database.js'
import { eventually } from '../../support/eventually.js'
import { runCommand } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('a command whose database goes away says so in one line', async t => {
  const { url, pool } = await freshDatabase(t)
  const file = path.join(tempDir(t), 'b.gz')
  const blocker = await pool.connect()
  await blocker.query('begin; lock table events in access exclusive mode')
  const running = runCommand(['backup', file], { DATABASE_URL: url })
  const waiting = () =>
    pool.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like 'select count(*)%'`
    )
  await eventually('the backup waits for the table', async () => ((await waiting()).rowCount ?? 0) > 0)
  for (const { pid } of (await waiting()).rows) await pool.query('select pg_terminate_backend($1)', [pid])
  const { code, stdout, stderr } = await running
  await blocker.query('rollback')
  blocker.release()
  t.strictSame([code, stdout], [1, ''])
  t.match(stderr, /^DATABASE_URL: the connection was lost \(57P01\): [^\n]* \[MCS_DATABASE\]\n$/)
})

t.test('a backup is written, verified, and restored with its read models', async t => {
  const { url, pool, events } = await databaseWithAllTables(t, { calls: 20 })
  const empty = await freshDatabase(t)
  const file = path.join(tempDir(t), 'b.gz')
  const run = (DATABASE_URL: string, ...args: string[]) => runCommand(args, { DATABASE_URL })
  const rows = `${new Set(events.map(({ id }) => id)).size} events`

  const written = await run(url, 'backup', file)
  t.match(written, { code: 0, stderr: '' })
  t.ok(written.stdout.includes(rows), rows)
  t.match(await run(url, 'backup', file), { code: 1, stderr: /exists already: .* \[MCS_BACKUP_FILE\]\n$/ })
  t.match(await run(url, 'backup', '--force', file), { code: 0 })
  t.match(
    await runCommand(['restore', '--dry-run', file], { DATABASE_URL: 'postgres://127.0.0.1:1/none' }),
    { code: 0, stdout: /^the backup of .* is complete: \d+ rows: / },
    'without a database'
  )
  t.match(await run(url, 'restore', file), {
    code: 1,
    stderr: /^the database is not empty \(.*\[MCS_DATABASE_NOT_EMPTY\]\n$/
  })

  t.match(await run(empty.url, 'restore', file), {
    code: 0,
    stdout:
      /restored \d+ rows\nrebuilt the read models of \d+ entities: 0 differing rows, 0 entities could not be folded\n$/
  })
  const calls = async (of: typeof pool) => (await of.query('select * from call_history order by call_id')).rows
  t.strictSame(await calls(empty.pool), await calls(pool))
  t.match(await run(empty.url, 'rebuild', '--dry-run'), { code: 0, stdout: /, 0 differing rows\n$/ })

  writeFileSync(file, 'torn')
  t.match(await run(empty.url, 'restore', file), {
    code: 1,
    stdout: '',
    stderr: /^the backup cannot be used, and nothing was restored: .* \[MCS_BACKUP_DAMAGED\]\n$/
  })
})
