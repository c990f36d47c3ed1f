import assert from 'node:assert/strict'
import t from 'tap'
import { inTransaction } from '../../../src/db/transaction.js'
import { encodeEvent } from '../../../src/events/record.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { calls } from '../../../src/project/models/calls/calls.js'
import { eventually } from '../../support/eventually.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, PARTITION_KEY, projector, stored } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

/** The record of one event of a call. */
function encodedCall() {
  const [record] = history('IncomingCall').map(encodeEvent)
  assert.ok(record)
  return record
}

t.test('an undecodable record becomes a dead letter, and the batch goes on', async t => {
  const { pool, checkpoint } = await projector(t)
  const good = encodedCall()
  const bad = [
    { key: 'k', value: Buffer.from('no event'), headers: { 'x\u0000': 'a\ud800' } },
    { key: 'k', value: null as unknown as Buffer, headers: {} } // a tombstone of another producer
  ]
  const projected = await projectBatch(pool, PARTITION_KEY, stored([...bad, good, ...bad]), {
    now: NOW,
    settings: SETTINGS
  })
  t.equal(projected.deadLetters.length, 4)
  t.equal((await pool.query('select from call_history')).rowCount, 1)
  t.match((await pool.query('select * from dead_letters order by record_offset limit 1')).rows, [
    { code: 'MCS_UNDECODABLE_RECORD', value: Buffer.from('no event'), topic: 'calls' }
  ])
  t.match(await checkpoint(), [{ last_offset: '4', last_id: /^[0-9a-f]{64}$/ }], 'the digest replaces the id')
})

t.test('an event that the database rejects is isolated and becomes a dead letter', async t => {
  const { pool, count } = await projector(t)
  await pool.query("alter table events add check (fields->>'extension' is distinct from '666')")
  const events = [
    ...history(ANSWERED),
    ...history('IncomingCall > IncomingCallRinging(666) > IncomingCallCompleted', { id: 'call-2' })
  ]
  const projected = await projectBatch(pool, PARTITION_KEY, stored(events.map(encodeEvent)), {
    now: NOW,
    settings: SETTINGS
  })
  t.match(projected.deadLetters, [{ id: events[5]?.id }])
  t.equal(await count('events'), 6)
  t.match((await pool.query('select code, reason from dead_letters')).rows, [
    { code: '23514', reason: 'the database rejects its content' }
  ])
  t.match(
    (await pool.query("select outcome from call_history where call_id = 'call-2'")).rows,
    [{ outcome: 'abandoned' }],
    'the rest of its call is projected'
  )
})

t.test('a fold that throws keeps the events and marks the call, and other calls are projected', async t => {
  const { pool, count, project } = await projector(t)
  await project(history(ANSWERED, { id: 'bad' }))
  const fold = calls.fold
  calls.fold = (given, settings) => {
    if (given.entity.entity === 'bad') throw new Error('a bug in the fold')
    return fold(given, settings)
  }
  t.teardown(() => {
    calls.fold = fold
  })
  const projected = await project(
    [...history('IncomingCall@99', { id: 'bad' }), ...history(ANSWERED, { id: 'good' })],
    4
  )
  t.match(projected.failures, [{ entity: { entity: 'bad' }, failed: 'fold' }])
  t.equal(await count('events'), 9)
  t.equal(await count('dead_letters'), 0, 'a bug in a fold does not make records dead letters')
  t.match((await pool.query('select entity, failed from entities order by entity')).rows, [
    { entity: 'bad', failed: 'fold' },
    { entity: 'good', failed: null }
  ])
  calls.fold = fold
  await project(history('IncomingCall@98', { id: 'bad' }), 9)
  t.match(
    (await pool.query("select failed from entities where entity = 'bad'")).rows,
    [{ failed: null }],
    'the next fold clears the mark'
  )
})

t.test('a row that the database rejects marks only its call', async t => {
  const { pool, project } = await projector(t)
  await pool.query("alter table call_history add check (call_id <> 'bad')")
  const projected = await project([
    ...history(ANSWERED, { id: 'a' }),
    ...history(ANSWERED, { id: 'bad' }),
    ...history(ANSWERED, { id: 'c' })
  ])
  t.match(projected.failures, [{ entity: { entity: 'bad' }, failed: '23514' }])
  t.match((await pool.query('select call_id from call_history order by 1')).rows, [{ call_id: 'a' }, { call_id: 'c' }])
})

t.test('a record that is nested too deeply is a dead letter, and the next one is projected', async t => {
  const { pool } = await projector(t)
  const good = encodedCall()
  const deep = good.value.toString().replace(/"raw":.*/, `"raw":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`)
  const projected = await projectBatch(pool, PARTITION_KEY, stored([{ ...good, value: Buffer.from(deep) }, good]), {
    now: NOW,
    settings: SETTINGS
  })
  t.match(projected, { records: 2, deadLetters: [{ err: { code: 'MCS_UNDECODABLE_RECORD' } }] })
  t.equal((await pool.query('select from call_history')).rowCount, 1)
})

t.test('a connection that is lost inside a transaction rejects it and has no other effect', async t => {
  const { pool } = await projector(t)
  await t.rejects(
    inTransaction(pool, async tx => {
      const {
        rows: [row]
      } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      await pool.query('select pg_terminate_backend($1)', [row?.pid])
      await eventually(
        'the backend is gone',
        async () => (await pool.query('select from pg_stat_activity where pid = $1', [row?.pid])).rowCount === 0
      )
      await tx.query('select 1')
    })
  )
  t.equal((await pool.query('select 1')).rowCount, 1)
})
