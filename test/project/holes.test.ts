import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { projectBatch } from '../../src/project/batch.js'
import { findHole } from '../../src/project/holes.js'
import { projectLocalRest } from '../../src/project/local-rest.js'
import { startProjector } from '../../src/project/projector.js'
import { findSwitch } from '../../src/project/start-at.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { history } from '../support/history.js'
import { tempDir } from '../support/temp-dir.js'

const CALL = 'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'
const call = (id: string) => history(CALL, { id })
const odd = (id: string): Event => ({
  id: `00000000-0000-4000-8000-${id.padStart(12, '0')}`, type: 'unclassified', account: 'default', source: 'webhook', reason: 'unknown-type', eventType: null, raw: {},
  occurredAt: '2026-11-23T08:00:00.000Z', receivedAt: '2026-11-23T08:00:00.000Z'
})

/** A database, and projectors over local logs that write what they alarm to `alarms`. */
async function installation (t: Test) {
  const { pool } = await freshDatabase(t)
  const alarms: string[] = []
  const logger = pino({ level: 'error' }, { write: line => { alarms.push((JSON.parse(line) as { reason: string }).reason) } })
  const options = { pool, group: 'g', now: () => new Date(), logger, onProjected: () => {} }
  const count = async (sql: string) => Number((await pool.query<{ count: string }>(`select count(*) from ${sql}`)).rows[0]?.count)
  const holes = async () => (await pool.query<{ reason: string }>('select reason from holes order by id')).rows.map(row => row.reason)

  /** Appends the events to the log in the folder and projects all of it. */
  async function run (dir: string, events: readonly Event[], expectedEvents: number): Promise<void> {
    const log = await openLocalLog({ dir })
    await log.append(events.map(encodeEvent))
    const projector = await startProjector({ ...options, log })
    await eventually('all is projected', async () => await count('events') === expectedEvents)
    await projector.close()
    await log.close()
  }
  return { pool, options, alarms, count, holes, run }
}

t.test('a projector goes on where it was, without an alarm', async t => {
  const { run, holes } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  await run(dir, call('b'), 8)
  t.strictSame(await holes(), [])
})

t.test('a log that ends below the checkpoint is a hole, and is read from its first record', async t => {
  const { pool, run, holes, alarms } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  await pool.query('update checkpoints set last_offset = 1000')
  await run(dir, call('b'), 8)
  t.match(await holes(), ['end-below-checkpoint'])
  t.match(alarms, ['end-below-checkpoint'])
})

t.test('another record at the checkpoint is a hole, and nothing before it is missed', async t => {
  const { pool, run, holes, alarms, count } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  // The log is made anew with the same id, and has grown past the checkpoint.
  await pool.query("update checkpoints set last_id = 'another'")
  await pool.query('truncate events, entities, call_history, call_legs')
  await run(dir, call('b'), 8)
  t.match(await holes(), ['other-record'])
  t.match(alarms, ['other-record'])
  t.equal(await count("call_history where state = 'ended' and webhook_events = 4"), 2)
})

t.test('a replaced log has another id: its records are read from the first, and the switch is an alarm', async t => {
  const { pool, run, holes, count } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  rmSync(path.join(dir), { recursive: true })
  const log = await openLocalLog({ dir })
  t.equal((await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length, 1)
  t.equal((await findSwitch(pool, { logId: await log.id(), group: 'g', finished: [], now: new Date() })).length, 0, 'once')
  await log.close()
  await run(dir, call('b'), 8)
  t.strictSame(await holes(), ['log-switched'])
  t.equal(await count('call_history'), 2)
})

t.test('what a former local log still holds is projected, once, and is no hole', async t => {
  const { pool, run, holes, count, options } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  const log = await openLocalLog({ dir })
  const logId = await log.id()
  await log.append(call('b').map(encodeEvent)) // acknowledged, and not projected
  await log.close()
  const rest = await projectLocalRest({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is projected', () => rest.subscription.trouble() === null)
  t.equal(await count('events'), 8)
  await rest.subscription.close()
  t.equal(rest.logId, logId)
  t.strictSame(await findSwitch(pool, { logId: 'kafka', group: 'g', finished: [logId], now: new Date() }), [])
  const again = await projectLocalRest({ ...options, log: await openLocalLog({ dir }) })
  await eventually('nothing is left', () => again.subscription.trouble() === null)
  await again.subscription.close()
  t.strictSame(await holes(), [])
})

t.test('the rest of a local log is done when all topics are, and though its last record is damaged', async t => {
  const { count, options } = await installation(t)
  const dir = tempDir(t)
  const log = await openLocalLog({ dir })
  await log.append([odd('1'), ...call('a'), odd('2')].map(encodeEvent))
  await log.append([odd('3')].map(encodeEvent))
  await log.close()
  const file = path.join(dir, readdirSync(dir).find(name => name.endsWith('.seg')) ?? '')
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40) // before the closing mark of 32 bytes
  writeFileSync(file, bytes)
  const rest = await projectLocalRest({ ...options, log: await openLocalLog({ dir }) })
  await eventually('it is done', () => rest.subscription.trouble() === null)
  await rest.subscription.close()
  t.equal(await count('events'), 6, 'all but the damaged one')
  t.equal(await count('call_history'), 1)
})

t.test('a database that went back in time is caught up from its own checkpoint', async t => {
  const { pool, count, alarms, options } = await installation(t)
  const log = await openLocalLog({ dir: tempDir(t) })
  const projector = await startProjector({ ...options, log })
  t.teardown(async () => { await projector.close(); await log.close() })
  await log.append(call('a').map(encodeEvent))
  await eventually('a', async () => await count('events') === 4)
  const { rows: [saved] } = await pool.query('select last_offset, last_id from checkpoints where topic = $1', ['calls'])
  await log.append(call('b').map(encodeEvent))
  await eventually('b', async () => await count('events') === 8)
  await pool.query("delete from events where entity = 'b'")
  await pool.query('update checkpoints set last_offset = $1, last_id = $2 where topic = $3', [saved.last_offset, saved.last_id, 'calls'])
  await log.append(call('c').map(encodeEvent))
  await eventually('b is back, and c', async () => await count('events') === 12)
  t.equal(alarms.length, 1)
  t.equal(await count('holes'), 0, 'it is no hole in the log')
})

t.test('a record of another topic at the checkpoint is a hole too', async t => {
  const { run, holes, count } = await installation(t)
  const dir = tempDir(t)
  await run(dir, call('a'), 4)
  for (const name of readdirSync(dir).filter(name => name.endsWith('.seg'))) rmSync(path.join(dir, name)) // made anew, with its id
  const [b0, b1, b2, b3] = call('b')
  if (!b0 || !b1 || !b2 || !b3) return
  await run(dir, [b0, b1, b2, odd('1'), b3], 9)
  t.match(await holes(), ['other-record'])
  t.equal(await count("call_history where webhook_events = 4"), 2)
})

t.test('a record that an older version could not decode is the same record', async t => {
  const { pool, holes } = await installation(t)
  const key = { logId: 'log', group: 'g', topic: 'calls', partition: 0 } as const
  const records = call('a').map((event, i) => ({ ...encodeEvent(event), partition: 0, offset: BigInt(i) }))
  await projectBatch(pool, key, records.slice(0, 2), new Date())
  const digest = createHash('sha256').update(records[1]?.value ?? '').digest('hex')
  await pool.query('update checkpoints set last_id = $1', [digest])
  t.match(await projectBatch(pool, key, records.slice(1), new Date()), { hole: null, records: 2 })
  t.strictSame(await holes(), [])
})

t.test('a zombie changes nothing: it sees what the other has done once it gets the lock', async t => {
  const { pool, count } = await installation(t)
  const key = { logId: 'log', group: 'g', topic: 'calls', partition: 0 } as const
  const records = call('a').map((event, i) => ({ ...encodeEvent(event), partition: 0, offset: BigInt(i) }))
  const both = await Promise.all([projectBatch(pool, key, records, new Date()), projectBatch(pool, key, records.slice(0, 2), new Date())])
  t.equal(both.reduce((sum, projected) => sum + projected.records, 0), 4, 'each record was handled by one of them')
  t.equal(await count('events'), 4)
  t.match((await pool.query('select last_offset from checkpoints')).rows, [{ last_offset: '3' }])
})

t.test('bounds tell holes from what retention may take', async t => {
  const checkpoint = (offset: bigint) => ({ offset, id: 'x' })
  const bounds = (first: bigint, end: bigint) => ({ partition: 0, first, end })
  t.equal(findHole(checkpoint(5n), bounds(0n, 6n), false), null)
  t.equal(findHole(checkpoint(5n), bounds(6n, 6n), false), null, 'only the record handled last is gone')
  t.equal(findHole(checkpoint(5n), bounds(7n, 9n), false), 'gap')
  t.equal(findHole(checkpoint(5n), bounds(7n, 9n), true), null, 'of a sparse topic nothing is known to be missing')
  t.equal(findHole(checkpoint(5n), bounds(0n, 5n), false), 'end-below-checkpoint')
  t.equal(findHole(checkpoint(5n), bounds(0n, 0n), true), 'end-below-checkpoint')
})
