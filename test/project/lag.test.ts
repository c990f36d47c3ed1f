import type pg from 'pg'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { refreshLagGauge } from '../../src/app/gauges.js'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import type { EventLog } from '../../src/event-log/port.js'
import { encodeEvent } from '../../src/events/record.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { lagOf } from '../../src/project/lag.js'
import { startProjector } from '../../src/project/projector.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { status } from '../support/facts.js'
import { history } from '../support/history.js'
import { openTestLog, skip } from '../support/kafka-log.js'
import { ANSWERED, NOW } from '../support/projection.js'
import { SETTINGS } from '../support/settings.js'
import { tempDir } from '../support/temp-dir.js'

const EVENTS = [
  ...Array.from({ length: 5 }, (_, i) => history(ANSWERED, { id: `c${i}` })).flat(),
  status('101', 'available', 0),
  ...history('IncomingCall', { id: 'last' })
]

const project = (pool: pg.Pool, log: EventLog) =>
  startProjector({
    log,
    pool,
    group: 'g',
    now: () => NOW,
    settings: SETTINGS,
    logger: pino({ level: 'silent' }),
    onProjected: () => {}
  })
const total = async (pool: pg.Pool, log: EventLog) =>
  (await lagOf({ pool, log, group: 'g' })).reduce((sum, { records }) => sum + records, 0)

async function testLag(t: Test, pool: pg.Pool, log: EventLog): Promise<void> {
  t.equal(await total(pool, log), 0, 'the log is empty')
  await log.append(EVENTS.map(encodeEvent))
  t.equal(await total(pool, log), EVENTS.length, 'nothing is projected')
  const projector = await project(pool, log)
  await eventually('all is projected', async () => (await total(pool, log)) === 0, 30_000)
  await eventually(
    'the events are stored',
    async () => (await pool.query('select from events')).rowCount === EVENTS.length
  )
  await projector.close()
  await log.append(history('IncomingCall', { id: 'later' }).map(encodeEvent))
  t.equal(await total(pool, log), 1, 'one record is not projected')
}

t.test('the lag of the local log is one number, which falls to 0', async t => {
  const { pool } = await freshDatabase(t)
  const log = await openLocalLog({ dir: tempDir(t) })
  t.teardown(log.close)
  await testLag(t, pool, log)
  t.strictSame(await lagOf({ pool, log, group: 'g' }), [{ topic: 'all', partition: 0, records: 1 }])
})

t.test('the lag of Kafka is a number for each partition', { skip }, async t => {
  const { pool } = await freshDatabase(t)
  const { log } = await openTestLog(t)
  await testLag(t, pool, log)
  t.equal((await lagOf({ pool, log, group: 'g' })).length, 36, 'six topics of six partitions')
})

t.test('the metric has no value while the lag is unknown', async t => {
  const metrics = createMetrics()
  await refreshLagGauge(metrics, async () => [{ topic: 'calls', partition: 3, records: 7 }])
  t.match(await metrics.registry.metrics(), /mcs_consumer_lag_records\{topic="calls",partition="3"\} 7/)
  await refreshLagGauge(metrics, () => Promise.reject(new Error('Kafka is unavailable')))
  t.notMatch(await metrics.registry.metrics(), /mcs_consumer_lag_records\{/)
})
