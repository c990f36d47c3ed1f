import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { EventReader, SubscribeOptions } from '../../../src/event-log/port.js'
import { encodeEvent } from '../../../src/events/record.js'
import { findHole } from '../../../src/project/batch/checkpoints.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { startProjector } from '../../../src/project/projector.js'
import { eventually } from '../../support/eventually.js'
import { answeredCall, setUpInstallation, unclassifiedEvent } from '../../support/installation.js'
import { createLineLogger } from '../../support/line-logger.js'
import { stored } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('a projector continues at its checkpoint, without an alarm', async t => {
  const { run, holes } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  await run(dir, answeredCall('b'), 8)
  t.strictSame(await holes(), [])
})

t.test('a log that ends below the checkpoint is a hole, and is read from its first record', async t => {
  const { pool, run, holes, alarms } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  await pool.query('update checkpoints set last_offset = 1000')
  await run(dir, answeredCall('b'), 8)
  t.match(await holes(), ['end-below-checkpoint'])
  t.match(alarms, ['end-below-checkpoint'])
})

t.test('damage of the local log is a hole with the number of lost records and their time, stored once', async t => {
  const { pool, run, count } = await setUpInstallation(t)
  const dir = tempDir(t)
  const log = await openLocalLog({ dir, now: () => Date.parse('2026-11-23T08:00:00Z') })
  for (const id of ['1', '2', '3']) await log.append([encodeEvent(unclassifiedEvent(id))])
  await log.close()
  const file = path.join(dir, '0000000000000000.seg')
  const bytes = readFileSync(file)
  const at = bytes.indexOf(unclassifiedEvent('2').id)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
  await run(dir, answeredCall('a'), 6)
  await run(dir, [unclassifiedEvent('4')], 7)
  await pool.query('delete from checkpoints')
  await run(dir, [unclassifiedEvent('5')], 8)
  t.match((await pool.query('select * from holes')).rows, [
    {
      topic: 'all',
      reason: 'log-damage',
      checkpoint_offset: '0',
      first_offset: '1',
      end_offset: '2',
      lost_records: '1',
      lost_after: new Date('2026-11-23T08:00:00Z'),
      lost_before: new Date('2026-11-23T08:00:00Z')
    }
  ])
  t.equal(await count('holes'), 1)
})

t.test('another record at the checkpoint is a hole, and nothing before it is missed', async t => {
  const { pool, run, holes, alarms, count } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  // The log was created again with the same id and has grown past the checkpoint.
  await pool.query("update checkpoints set last_id = 'another'")
  await pool.query('truncate events, entities, call_history, call_legs')
  await run(dir, answeredCall('b'), 8)
  t.match(await holes(), ['other-record'])
  t.match(alarms, ['other-record'])
  t.equal(await count("call_history where state = 'ended' and webhook_events = 4"), 2)
})

t.test('a database that went back in time is caught up from its own checkpoint', async t => {
  const { pool, count, alarms, options } = await setUpInstallation(t)
  const log = await openLocalLog({ dir: tempDir(t) })
  const projector = await startProjector({ ...options, log })
  t.teardown(async () => {
    await projector.close()
    await log.close()
  })
  await log.append(answeredCall('a').map(encodeEvent))
  await eventually('a', async () => (await count('events')) === 4)
  const {
    rows: [saved]
  } = await pool.query('select last_offset, last_id from checkpoints where topic = $1', ['calls'])
  await log.append(answeredCall('b').map(encodeEvent))
  await eventually('b', async () => (await count('events')) === 8)
  await pool.query("delete from events where entity = 'b'")
  await pool.query('update checkpoints set last_offset = $1, last_id = $2 where topic = $3', [
    saved.last_offset,
    saved.last_id,
    'calls'
  ])
  await log.append(answeredCall('c').map(encodeEvent))
  await eventually('b is back, and c', async () => (await count('events')) === 12)
  t.equal(alarms.length, 1)
  t.equal(await count('holes'), 0, 'this is not a hole in the log')
})

t.test('a checkpoint that another projector has reset raises no alarm of its own', async t => {
  const { options, holes } = await setUpInstallation(t)
  const alarms: unknown[] = []
  const logger = createLineLogger('error', line => alarms.push((JSON.parse(line) as { alarm: string }).alarm))
  const bounds = { partition: 0, first: 0n, end: 4n }
  const partition = { topic: 'calls' as const, partition: 0 }
  async function start() {
    const subscriptions: SubscribeOptions[] = []
    const log: EventReader = {
      id: async () => 'a log',
      sparse: false,
      bounds: async () => [bounds],
      subscribe: async subscribed => {
        subscriptions.push(subscribed)
        return { trouble: () => null, close: async () => {} }
      },
      close: async () => {}
    }
    const projector = await startProjector({ ...options, logger, log })
    t.teardown(() => projector.close())
    const [subscription] = subscriptions
    if (!subscription) throw new Error('the projector did not subscribe')
    const { startAt, handle } = subscription
    const deliver = (from: number) => {
      const records = stored(answeredCall('a').map(encodeEvent), from)
      return handle({ ...partition, records, heartbeat: async () => {} })
    }
    return { startAt: () => startAt(partition), deliver }
  }
  const one = await start()
  t.equal(await one.startAt(), 'first')
  await one.deliver(0)
  bounds.end = 2n
  const other = await start()
  t.equal(await other.startAt(), 'first')
  t.strictSame(await holes(), ['end-below-checkpoint'])
  await t.rejects(one.deliver(4), { code: 'MCS_PROJECTION_RESTART' }, 'a batch of the old log, which is not projected')
  t.strictSame(alarms, ['log-hole'])
})

t.test('a record of another topic at the checkpoint is also a hole', async t => {
  const { run, holes, count } = await setUpInstallation(t)
  const dir = tempDir(t)
  await run(dir, answeredCall('a'), 4)
  // the log was created again with the same id
  for (const name of readdirSync(dir).filter(name => name.endsWith('.seg'))) rmSync(path.join(dir, name))
  const events = answeredCall('b')
  t.equal(events.length, 4)
  await run(dir, [...events.slice(0, 3), unclassifiedEvent('1'), ...events.slice(3)], 9)
  t.match(await holes(), ['other-record'])
  t.equal(await count('call_history where webhook_events = 4'), 2)
})

t.test('a record that an older version could not decode is the same record', async t => {
  const { pool, holes } = await setUpInstallation(t)
  const key = { logId: 'log', group: 'g', topic: 'calls', partition: 0 } as const
  const records = answeredCall('a').map((event, i) => ({ ...encodeEvent(event), partition: 0, offset: BigInt(i) }))
  await projectBatch(pool, key, records.slice(0, 2), { now: new Date(), settings: SETTINGS })
  const digest = createHash('sha256')
    .update(records[1]?.value ?? '')
    .digest('hex')
  await pool.query('update checkpoints set last_id = $1', [digest])
  t.match(await projectBatch(pool, key, records.slice(1), { now: new Date(), settings: SETTINGS }), {
    hole: null,
    records: 2
  })
  t.strictSame(await holes(), [])
})

t.test('a second projector of the partition changes nothing, since it waits for the advanced checkpoint', async t => {
  const { pool, count } = await setUpInstallation(t)
  const key = { logId: 'log', group: 'g', topic: 'calls', partition: 0 } as const
  const records = answeredCall('a').map((event, i) => ({ ...encodeEvent(event), partition: 0, offset: BigInt(i) }))
  const both = await Promise.all([
    projectBatch(pool, key, records, { now: new Date(), settings: SETTINGS }),
    projectBatch(pool, key, records.slice(0, 2), { now: new Date(), settings: SETTINGS })
  ])
  t.equal(
    both.reduce((sum, projected) => sum + projected.records, 0),
    4,
    'each record was projected by one of them'
  )
  t.equal(await count('events'), 4)
  t.match((await pool.query('select last_offset from checkpoints')).rows, [{ last_offset: '3' }])
})

t.test('bounds distinguish holes from the effect of retention', async t => {
  const checkpoint = (offset: bigint) => ({ offset, id: 'x' })
  const bounds = (first: bigint, end: bigint) => ({ partition: 0, first, end })
  t.equal(findHole(checkpoint(5n), bounds(0n, 6n), false), null)
  t.equal(findHole(checkpoint(5n), bounds(6n, 6n), false), null, 'only the last projected record is gone')
  t.equal(findHole(checkpoint(5n), bounds(7n, 9n), false), 'gap')
  t.equal(findHole(checkpoint(5n), bounds(7n, 9n), true), null, 'in a sparse log, a gap between offsets is normal')
  t.equal(findHole(checkpoint(5n), bounds(0n, 5n), false), 'end-below-checkpoint')
  t.equal(findHole(checkpoint(5n), bounds(0n, 0n), true), 'end-below-checkpoint')
})
