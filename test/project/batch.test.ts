import t, { type Test } from 'tap'
import { inTransaction } from '../../src/db/transaction.js'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import type { LogRecord, StoredRecord } from '../../src/event-log/port.js'
import { projectBatch } from '../../src/project/batch.js'
import { calls } from '../../src/project/calls.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { history } from '../support/history.js'

const NOW = new Date('2026-11-23T09:00:00.000Z')
const key = { logId: 'log-1', group: 'g', topic: 'calls', partition: 0 } as const

function stored (records: readonly Pick<LogRecord, 'value' | 'headers' | 'key'>[], from = 0): StoredRecord[] {
  return records.map((record, i) => ({ ...record, topic: 'calls', partition: 0, offset: BigInt(from + i) }))
}

async function projector (t: Test) {
  const { pool } = await freshDatabase(t)
  const count = async (table: string) => Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  const project = (events: readonly Event[], from = 0) => projectBatch(pool, key, stored(events.map(encodeEvent), from), NOW)
  const checkpoint = async () => (await pool.query<{ last_offset: string, last_id: string }>('select last_offset, last_id from checkpoints')).rows
  return { pool, count, project, checkpoint }
}

const ANSWERED = 'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'

t.test('a batch becomes events, rows and a checkpoint', async t => {
  const { pool, count, project, checkpoint } = await projector(t)
  const events = history(ANSWERED)
  t.match(await project(events), { records: 4, deadLetters: [], failures: [] })
  t.equal(await count('events'), 4)
  t.match((await pool.query('select * from call_history')).rows, [{ call_id: 'call-1', state: 'ended', outcome: 'answered', wait_seconds: 20, talk_seconds: 10, answered_by: '101', webhook_events: 4 }])
  t.match((await pool.query('select * from call_legs')).rows, [{ extension: '101', attempt: 1, role: 'agent' }])
  t.match(await checkpoint(), [{ last_offset: '3', last_id: events[3]?.id }])
  const { rows: [row] } = await pool.query('select convert_from(raw, \'UTF8\') as raw, raw_is_json from events where id = $1', [events[0]?.id])
  t.match(row, { raw: JSON.stringify(events[0]?.raw), raw_is_json: true }, 'what MightyCall sent is kept')
})

t.test('a record counts once, however often it is in the log or in a batch', async t => {
  const { count, project, pool } = await projector(t)
  const events = history(ANSWERED)
  await project([...events, ...events])
  await project([...events].reverse(), 8)
  t.equal((await project(events)).records, 0, 'what the checkpoint covers is skipped')
  t.equal(await count('events'), 4)
  t.match((await pool.query('select webhook_events from call_history')).rows, [{ webhook_events: 4 }])
})

t.test('of two copies the one received first is kept, whichever is projected first', async t => {
  const { pool, project } = await projector(t)
  const [event] = history('IncomingCall')
  if (!event) return
  const later = { ...event, receivedAt: '2026-11-23T10:00:00.000Z' }
  const earlier = { ...event, receivedAt: '2026-11-23T09:30:00.000Z' }
  await project([later, earlier])
  await project([{ ...event, receivedAt: '2026-11-23T09:40:00.000Z' }], 2)
  t.match((await pool.query('select received_at from events')).rows, [{ received_at: new Date(earlier.receivedAt) }])
})

t.test('a late event changes the row, and removes a leg that never was', async t => {
  const { pool, project } = await projector(t)
  const [start, ringing, connected, completed] = history(ANSWERED)
  if (!start || !ringing || !connected || !completed) return
  await project([connected, completed])
  t.match((await pool.query('select extension, ringing_at from call_legs')).rows, [{ extension: '101', ringing_at: null }])
  await project(history('IncomingCall > IncomingCallCompleted@5'), 2)
  t.equal((await pool.query('select from call_legs')).rowCount, 0, 'it had ended before')
})

t.test('two batches at once over the same calls both count', async t => {
  const { pool, count } = await projector(t)
  const halves = [0, 1].map(half => Array.from({ length: 20 }, (_, i) => history(ANSWERED, { id: `call-${i}` }).filter((_, i) => i % 2 === half)).flat())
  await Promise.all(halves.map((events, partition) => projectBatch(pool, { ...key, partition }, stored(events.map(encodeEvent)), NOW)))
  t.equal(await count('events'), 80)
  t.equal((await pool.query("select from call_history where state = 'ended' and webhook_events = 4")).rowCount, 20)
})

t.test('an undecodable record becomes a dead letter, and the batch goes on', async t => {
  const { pool, checkpoint } = await projector(t)
  const [good] = history('IncomingCall').map(encodeEvent)
  if (!good) return
  const bad = [{ key: 'k', value: Buffer.from('no event'), headers: { 'x\u0000': 'a\ud800' } }, { key: 'k', value: null as unknown as Buffer, headers: {} }] // a tombstone of somebody else
  const projected = await projectBatch(pool, key, stored([...bad, good, ...bad]), NOW)
  t.equal(projected.deadLetters.length, 4)
  t.equal((await pool.query('select from call_history')).rowCount, 1)
  t.match((await pool.query('select * from dead_letters order by record_offset limit 1')).rows, [{ code: 'MCS_UNDECODABLE_RECORD', value: Buffer.from('no event'), topic: 'calls' }])
  t.match(await checkpoint(), [{ last_offset: '4', last_id: /^[0-9a-f]{64}$/ }], 'the digest stands for an id')
})

t.test('an event that the database refuses is found among the others and becomes a dead letter', async t => {
  const { pool, count } = await projector(t)
  await pool.query("alter table events add check (fields->>'extension' is distinct from '666')")
  const events = [...history(ANSWERED), ...history('IncomingCall > IncomingCallRinging(666) > IncomingCallCompleted', { id: 'call-2' })]
  const projected = await projectBatch(pool, key, stored(events.map(encodeEvent)), NOW)
  t.match(projected.deadLetters, [{ id: events[5]?.id }])
  t.equal(await count('events'), 6)
  t.match((await pool.query('select code, reason from dead_letters')).rows, [{ code: '23514', reason: 'the database refuses what it holds' }])
  t.match((await pool.query("select outcome from call_history where call_id = 'call-2'")).rows, [{ outcome: 'abandoned' }], 'the rest of its call is projected')
})

t.test('a fold that throws keeps the events, marks the call, and stops nobody', async t => {
  const { pool, count, project } = await projector(t)
  await project(history(ANSWERED, { id: 'bad' }))
  const fold = calls.fold
  calls.fold = given => { if (given.entity.entity === 'bad') throw new Error('a bug of ours'); return fold(given) }
  t.teardown(() => { calls.fold = fold })
  const projected = await project([...history('IncomingCall@99', { id: 'bad' }), ...history(ANSWERED, { id: 'good' })], 4)
  t.match(projected.failures, [{ entity: { entity: 'bad' }, failed: 'fold' }])
  t.equal(await count('events'), 9)
  t.equal(await count('dead_letters'), 0, 'a bug of ours is no record\'s fault')
  t.match((await pool.query('select entity, failed from entities order by entity')).rows, [{ entity: 'bad', failed: 'fold' }, { entity: 'good', failed: null }])
  calls.fold = fold
  await project(history('IncomingCall@98', { id: 'bad' }), 9)
  t.match((await pool.query("select failed from entities where entity = 'bad'")).rows, [{ failed: null }], 'mended by the next fold')
})

t.test('a row that the database refuses marks its call only', async t => {
  const { pool, project } = await projector(t)
  await pool.query("alter table call_history add check (call_id <> 'bad')")
  const projected = await project([...history(ANSWERED, { id: 'a' }), ...history(ANSWERED, { id: 'bad' }), ...history(ANSWERED, { id: 'c' })])
  t.match(projected.failures, [{ entity: { entity: 'bad' }, failed: '23514' }])
  t.match((await pool.query('select call_id from call_history order by 1')).rows, [{ call_id: 'a' }, { call_id: 'c' }])
})

t.test('a record nested too deeply is a dead letter, and the next is projected', async t => {
  const { pool } = await projector(t)
  const [good] = history('IncomingCall').map(encodeEvent)
  if (!good) return
  const deep = good.value.toString().replace(/"raw":.*/, `"raw":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`)
  const projected = await projectBatch(pool, key, stored([{ ...good, value: Buffer.from(deep) }, good]), NOW)
  t.match(projected, { records: 2, deadLetters: [{ err: { code: 'MCS_UNDECODABLE_RECORD' } }] })
  t.equal((await pool.query('select from call_history')).rowCount, 1)
})

t.test('a connection that is cut within a transaction rejects it, and ends nothing else', async t => {
  const { pool } = await projector(t)
  await t.rejects(inTransaction(pool, async tx => {
    const { rows: [row] } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
    await pool.query('select pg_terminate_backend($1)', [row?.pid])
    await eventually('the backend is gone', async () => (await pool.query('select from pg_stat_activity where pid = $1', [row?.pid])).rowCount === 0)
    await tx.query('select 1')
  }))
  t.equal((await pool.query('select 1')).rowCount, 1)
})

t.test('trouble of the server commits nothing, and kills no record', async t => {
  const { pool, count, project } = await projector(t)
  await pool.query("create function refuse() returns trigger language plpgsql as $$ begin raise exception 'read only' using errcode = '25006'; end $$")
  await pool.query('create trigger refuse before insert on call_history execute function refuse()')
  await t.rejects(project(history(ANSWERED)), { code: '25006' })
  for (const table of ['events', 'entities', 'dead_letters', 'checkpoints']) t.equal(await count(table), 0, table)
  await pool.query('drop trigger refuse on call_history')
  t.match(await project(history(ANSWERED)), { records: 4 })
})
