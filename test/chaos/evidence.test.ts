import t from 'tap'
import { projectedCompany } from '../support/company.js'
import { checkpointsOf, checkRows, failureCountsOf, storedIdsOf } from './evidence.js'

t.test('reads the results of a run from the database, and detects wrong rows and failures', async t => {
  const { pool, events } = await projectedCompany(t, { calls: 5 })
  t.strictSame(new Set(await storedIdsOf(pool)), new Set(events.map(({ id }) => id)))
  t.ok(
    (await checkpointsOf(pool)).every(({ topic, partition, offset }) => topic !== '' && partition === 0 && offset >= 0n)
  )
  t.strictSame(await failureCountsOf(pool), { deadLetters: 0, holes: 0, failedEntities: 0 })
  t.strictSame(await checkRows(pool), { differing: [], failures: [] })

  await pool.query("update call_history set state = 'ringing' where call_id = (select min(call_id) from call_history)")
  await pool.query("update entities set failed = 'TypeError' where kind = 'contact'")
  const { differing } = await checkRows(pool)
  t.match(differing, [/^call_history .*: state$/])
  t.ok((await failureCountsOf(pool)).failedEntities > 0)
})
