import { once } from 'node:events'
import t from 'tap'
import { projectedCompany } from '../support/company.js'
import { eventually } from '../support/eventually.js'
import { runCommand, spawnMain } from '../support/service.js'

t.test('a rebuild that is killed continues where it was, and ends without differences', async t => {
  const { pool, url } = await projectedCompany(t, { calls: 2_500, messages: 0, contacts: 0, presenceChanges: 0 })
  await pool.query('update call_history set wait_seconds = -1')
  const environment = { DATABASE_URL: url }
  const killed = spawnMain(['rebuild'], environment)
  const closed = once(killed, 'close')
  const rebuiltEntities = async () =>
    Number((await pool.query<{ entities: string }>('select entities from rebuilds')).rows[0]?.entities ?? 0)
  await eventually('some entities are rebuilt', async () => (await rebuiltEntities()) > 0, 30_000)
  killed.kill('SIGKILL')
  await closed
  const countWrongRows = async () =>
    (await pool.query('select from call_history where wait_seconds = -1')).rowCount ?? 0
  await eventually(
    'its transaction is rolled back',
    async () =>
      (
        await pool.query(
          `select from pg_locks where locktype = 'advisory'
             and database = (select oid from pg_database where datname = current_database())`
        )
      ).rowCount === 0
  )
  const wrongRows = await countWrongRows()
  t.ok(wrongRows > 0 && wrongRows < 2_500, `${wrongRows} of 2500 are still wrong`)

  const next = await runCommand(['rebuild', '--json'], environment)
  t.equal(next.code, 0, next.stderr)
  const lines = next.stdout.trim().split('\n')
  t.match(lines.shift(), /^continuing after \d+ of \d+ entities$/)
  t.equal(lines.length, wrongRows, 'each row that was still wrong is reported')
  t.match(JSON.parse(lines[0] ?? ''), { table: 'call_history', account: 'default', fields: ['wait_seconds'] })
  const dry = await runCommand(['rebuild', '--dry-run'], environment)
  t.match(dry, { code: 0, stdout: /^done: \d+ entities, \d+ events, 0 differing rows\n$/ })
})
