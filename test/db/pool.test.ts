import t from 'tap'
import { createPool } from '../../src/db/open.js'
import { freshDatabase } from '../support/database.js'
import { createLineLogger } from '../support/line-logger.js'

t.test('lost connections are logged once, and not while the pool ends', async t => {
  const { url, pool: other } = await freshDatabase(t)
  const lines: string[] = []
  const pool = createPool(
    { connectionString: url },
    2,
    createLineLogger('trace', line => lines.push(line))
  )
  const loseConnections = async () => {
    const lost = new Promise(resolve => pool.once('error', resolve))
    await pool.query('select 1')
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'mightycall-stream'`
    )
    await lost
  }
  await loseConnections()
  await loseConnections()
  t.equal(lines.length, 1)
  t.match(lines[0], /idle connections to Postgres were lost/)
  lines.length = 0
  await pool.end()
  pool.emit('error', new Error('the server has ended first'), {} as never)
  t.strictSame(lines, [])
})
