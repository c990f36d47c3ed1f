import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { LogRecord } from '../../../src/event-log/port.js'
import { encodeEvent } from '../../../src/events/record.js'
import { createMetrics } from '../../../src/observability/metrics.js'
import { resumeProjector } from '../../../src/project/breaker/stops.js'
import { calls } from '../../../src/project/models/calls/calls.js'
import { startProjection } from '../../../src/project/start.js'
import { freshDatabase } from '../../support/database.js'
import { eventually } from '../../support/eventually.js'
import { history } from '../../support/history.js'
import { NOW } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'
import { tempDir } from '../../support/temp-dir.js'

const CALL = 'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'
const good = (name: string, calls: number) =>
  Array.from({ length: calls }, (_, i) => history(CALL, { id: `${name}-${i}` }))
    .flat()
    .map(encodeEvent)
const bad = (count: number): LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    topic: 'calls',
    key: `default:+1555${i}`,
    value: Buffer.from(`+1555937${i} says`),
    headers: {}
  }))

/** A database and a log, and functions that start a projection on them and observe it. */
async function createInstallation(t: Test) {
  const { pool } = await freshDatabase(t)
  const log = await openLocalLog({ dir: tempDir(t) })
  t.teardown(() => log.close())
  const lines: string[] = []
  const logger = pino(
    { level: 'info' },
    {
      write: line => {
        lines.push(line)
      }
    }
  )
  const metrics = createMetrics()
  const start = async () => {
    const projection = await startProjection({
      log,
      pool,
      group: 'g',
      now: () => NOW,
      settings: SETTINGS,
      logger,
      metrics,
      openFormerLog: async () => null
    })
    t.teardown(projection.close)
    return projection
  }
  const count = async (table: string) =>
    Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  const alarms = () => lines.filter(line => line.includes('"alarm":"projector-stopped"')).length
  const gauge = async () => (await metrics.projectorStopped.get()).values[0]?.value
  const isStopped = async () => (await count('projector_stops where resumed_at is null')) === 1
  const resume = () => resumeProjector(pool, 'g', { now: NOW, by: 'a test' })
  return { pool, log, lines, start, count, alarms, gauge, isStopped, resume }
}

t.test('a batch with too many undecodable records stops the projector and commits nothing', async t => {
  const { log, start, count, alarms, gauge, isStopped, lines } = await createInstallation(t)
  await log.append([...good('a', 50), ...bad(20), ...good('b', 20)])
  const projection = await start()
  await eventually('it stops', isStopped)
  for (const table of ['events', 'entities', 'call_history', 'dead_letters', 'checkpoints where last_offset >= 0'])
    t.equal(await count(table), 0, table)
  t.match(
    await projection.trouble(),
    new RegExp(
      '^stopped at 2026-11-23T09:00:00.000Z, since 20 of the last 300 records could not be projected ' +
        '\\(mostly MCS_UNDECODABLE_RECORD\\).*"mightycall-stream resume" or POST /v1/projector/resume$'
    )
  )
  await eventually('its alarm', () => alarms() === 1)
  t.equal(await gauge(), 1)
  t.notMatch(lines.join(), /1555937|says/, 'the log contains nothing of their content')
})

t.test('it stays stopped after a restart, and resume projects the batch that exceeded the limit', async t => {
  const { log, start, count, alarms, gauge, isStopped, resume } = await createInstallation(t)
  await log.append([...good('a', 10), ...bad(30)])
  const first = await start()
  await eventually('it stops', isStopped)
  await first.close()
  await log.append(good('b', 1))
  const second = await start()
  await eventually('it reports that again', () => alarms() === 2)
  t.match(await second.trouble(), /^stopped/)
  t.equal(await count('events'), 0)

  t.match(await resume(), { failed: 30, topic: 'calls', lastOffset: 69n })
  t.equal(await resume(), null, 'it is resumed once')
  await eventually('all is projected', async () => (await count('events')) === 44)
  t.equal(await count('dead_letters'), 30)
  await eventually('it has no trouble', async () => (await second.trouble()) === null)
  t.equal(await gauge(), 0)

  await log.append(bad(20))
  await eventually('failures after that batch are counted again', isStopped)
  t.equal(await count('dead_letters'), 30)
})

t.test('19 bad records do not stop it, however few others there are', async t => {
  const { log, start, count, isStopped } = await createInstallation(t)
  await log.append(bad(19))
  const projection = await start()
  await eventually('they are dead letters', async () => (await count('dead_letters')) === 19)
  await log.append(good('a', 1))
  await eventually('it continues', async () => (await count('events')) === 4)
  t.equal(await isStopped(), false)
  t.equal(await projection.trouble(), null)
  await log.append(bad(1))
  await eventually('one more failure stops it, even in another batch', isStopped)
  t.equal(await count('dead_letters'), 19)
})

t.test('entities whose fold fails are counted too, each once', async t => {
  const { log, start, count, isStopped } = await createInstallation(t)
  const fold = calls.fold
  calls.fold = (given, settings) => {
    if (given.entity.entity.startsWith('bad')) throw new Error('a bug in the fold')
    return fold(given, settings)
  }
  t.teardown(() => {
    calls.fold = fold
  })
  await log.append(good('bad', 19)) // 76 records
  await start()
  await eventually('they are stored', async () => (await count("entities where failed = 'fold'")) === 19)
  t.equal(await isStopped(), false)
  await log.append(good('bad-again', 2))
  await eventually('it stops', isStopped)
  t.equal(await count('events'), 76)
})

t.test('trouble of the database is not a failure of a record', async t => {
  const { pool, log, start, count, isStopped } = await createInstallation(t)
  await pool.query(
    `create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'read only' using errcode = '25006'; end $$`
  )
  await pool.query('create trigger refuse before insert on call_history execute function refuse()')
  await log.append(good('a', 50))
  const projection = await start()
  await eventually('it has trouble', async () => (await projection.trouble()) !== null)
  t.match(await projection.trouble(), /25006/)
  t.equal(await isStopped(), false)
  await pool.query('drop trigger refuse on call_history')
  await eventually('all is projected', async () => (await count('events')) === 200)
  t.equal(await count('dead_letters'), 0)
})

t.test('a projector that has nothing to project reports that Postgres does not answer', async t => {
  const { start, pool } = await createInstallation(t)
  const projection = await start()
  t.equal(await projection.trouble(), null)
  const query = pool.query.bind(pool)
  pool.query = async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }
  t.equal(await projection.trouble(), 'Postgres does not answer')
  pool.query = query
  t.equal(await projection.trouble(), null)
})
