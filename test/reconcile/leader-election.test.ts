import pg from 'pg'
import t from 'tap'
import { joinElection } from '../../src/reconcile/leader-election.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'

const END_LEADER_CONNECTION = `select pg_terminate_backend(pid) from pg_locks
  where locktype = 'advisory' and objid = 907645052
    and database = (select oid from pg_database where datname = current_database())`

t.test('one of two candidates is elected, and the other one when the first leaves', async t => {
  const { pool } = await freshDatabase(t)
  const [one, two] = [joinElection(pool), joinElection(pool)]
  t.teardown(() => two.close())
  t.equal(await one.isLeader(), true)
  t.equal(await two.isLeader(), false)
  t.equal(await one.isLeader(), true, 'the leader stays elected')
  await one.close()
  await eventually('the lock is free', () => two.isLeader())
})

t.test('a leader that loses its connection is not the leader any more', async t => {
  const { pool } = await freshDatabase(t)
  const [one, two] = [joinElection(pool), joinElection(pool)]
  t.teardown(() => Promise.all([one.close(), two.close()]))
  t.equal(await one.isLeader(), true)
  t.equal((await pool.query(END_LEADER_CONNECTION)).rowCount, 1)
  await eventually('the other candidate takes over', () => two.isLeader())
  t.equal(await one.isLeader(), false)
})

t.test('no leader is elected without Postgres', async t => {
  const pool = new pg.Pool({ connectionString: 'postgres://127.0.0.1:9/nothing' })
  const leader = joinElection(pool)
  t.equal(await leader.isLeader(), false)
  await pool.end()
  await leader.close()
})
