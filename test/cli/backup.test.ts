import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { databaseWithAllTables } from '../support/backups.js'
import { freshDatabase } from '../support/database.js'
import { runCommand } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

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
