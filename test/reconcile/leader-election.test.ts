import pg from 'pg'
import t from 'tap'
import { standForElection } from '../../src/reconcile/leader-election.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'

const CUT =
  "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 907645052 and database = (select oid from pg_database where datname = current_database())"

t.test('one of two is elected, and the other when the first one has gone', async t => {
  const { pool } = await freshDatabase(t)
  const [one, two] = [standForElection(pool), standForElection(pool)]
  t.teardown(() => two.close())
  t.equal(await one.isElected(), true)
  t.equal(await two.isElected(), false)
  t.equal(await one.isElected(), true, 'it stays so')
  await one.close()
  await eventually('the lock is free', () => two.isElected())
})

t.test('who loses the connection has lost the election, and says so', async t => {
  const { pool } = await freshDatabase(t)
  const [one, two] = [standForElection(pool), standForElection(pool)]
  t.teardown(() => Promise.all([one.close(), two.close()]))
  t.equal(await one.isElected(), true)
  t.equal((await pool.query(CUT)).rowCount, 1)
  await eventually('the other one takes over', () => two.isElected())
  t.equal(await one.isElected(), false)
})

t.test('without Postgres nobody is elected', async t => {
  const pool = new pg.Pool({ connectionString: 'postgres://127.0.0.1:9/nothing' })
  const leader = standForElection(pool)
  t.equal(await leader.isElected(), false)
  await pool.end()
  await leader.close()
})
