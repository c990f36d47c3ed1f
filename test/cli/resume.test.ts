import t from 'tap'
import { recordStop } from '../../src/project/breaker/stops.js'
import { freshDatabase } from '../support/database.js'
import { NOW, PARTITION_KEY } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'
import { runCommand } from '../support/service.js'

const STOP = { lastOffset: 7n, records: 100, failed: 30, code: 'MCS_UNDECODABLE_RECORD', stoppedAt: NOW }

t.test('a stopped projector is resumed once, by command or request, and the actor is recorded', async t => {
  const { pool, url: DATABASE_URL } = await freshDatabase(t)
  const { post } = await queryApi(t, pool, () => NOW)
  const resume = () => runCommand(['resume'], { DATABASE_URL, KAFKA_GROUP_ID: PARTITION_KEY.group })
  t.match(await resume(), { code: 0, stdout: 'the projector is not stopped\n', stderr: '' })
  await recordStop(pool, PARTITION_KEY, STOP)
  t.match(await resume(), { code: 0, stdout: 'resumed: records of calls/0 pass until @7\n' })
  t.match(await resume(), { code: 0, stdout: 'the projector is not stopped\n' })
  await recordStop(pool, PARTITION_KEY, { ...STOP, lastOffset: 9n })
  await recordStop(pool, { ...PARTITION_KEY, partition: 1 }, STOP)
  t.match(
    (await pool.query('select partition, last_offset, resumed_at, resumed_by from projector_stops')).rows,
    [{ partition: 0, last_offset: '9', resumed_at: null, resumed_by: null }],
    'while a stop is pending, a stop of another partition is ignored'
  )
  t.strictSame((await post('/v1/projector/resume')).json(), { changed: true })
  t.strictSame((await post('/v1/projector/resume')).json(), { changed: false })
  t.match((await pool.query('select resumed_by from projector_stops')).rows, [{ resumed_by: 'admin' }])
})
