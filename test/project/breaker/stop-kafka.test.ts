import { pino } from 'pino'
import t from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { createMetrics } from '../../../src/observability/metrics.js'
import { resumeProjector } from '../../../src/project/breaker/stops.js'
import { startProjection } from '../../../src/project/start.js'
import { freshDatabase } from '../../support/database.js'
import { eventually } from '../../support/eventually.js'
import { history } from '../../support/history.js'
import { openTestLog, skip } from '../../support/kafka-log.js'
import { ANSWERED, NOW } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

t.test(
  'a stopped projector of Kafka projects nothing, and continues with the same batch when it is resumed',
  { skip },
  async t => {
    const { pool } = await freshDatabase(t)
    const { log } = await openTestLog(t)
    const events = history(ANSWERED).map(encodeEvent)
    const [{ key, topic } = { key: '', topic: 'calls' as const }] = events
    await log.append([
      ...Array.from({ length: 30 }, () => ({ key, topic, value: Buffer.from('no event'), headers: {} })),
      ...events
    ]) // in one partition
    const projection = await startProjection({
      log,
      pool,
      group: `g-${process.pid}`,
      now: () => NOW,
      settings: SETTINGS,
      logger: pino({ level: 'silent' }),
      metrics: createMetrics(),
      openFormerLog: async () => null
    })
    t.teardown(projection.close)
    const count = async (table: string) => (await pool.query(`select from ${table}`)).rowCount
    await eventually('it stops', async () => (await projection.trouble())?.startsWith('stopped at ') ?? false, 30_000)
    t.equal(await count('dead_letters'), 0)
    t.equal(await count('events'), 0)
    t.match(await resumeProjector(pool, `g-${process.pid}`, { now: NOW, by: 'a test' }), { failed: 30 })
    await eventually(
      'all is projected',
      async () => (await count('events')) === 4 && (await count('dead_letters')) === 30,
      30_000
    )
    await eventually('it has no trouble', async () => (await projection.trouble()) === null, 30_000)
  }
)
