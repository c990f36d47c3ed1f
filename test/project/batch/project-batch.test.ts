import assert from 'node:assert/strict'
import t from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, PARTITION_KEY, projector, stored } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

t.test('a batch becomes events, rows and a checkpoint', async t => {
  const { pool, count, project, checkpoint } = await projector(t)
  const events = history(ANSWERED)
  t.match(await project(events), { records: 4, deadLetters: [], failures: [] })
  t.equal(await count('events'), 4)
  t.match((await pool.query('select * from call_history')).rows, [
    {
      call_id: 'call-1',
      state: 'ended',
      outcome: 'answered',
      wait_seconds: 20,
      talk_seconds: 10,
      answered_by: '101',
      webhook_events: 4
    }
  ])
  t.match((await pool.query('select * from call_legs')).rows, [{ extension: '101', attempt: 1, role: 'agent' }])
  t.match(await checkpoint(), [{ last_offset: '3', last_id: events[3]?.id }])
  const {
    rows: [row]
  } = await pool.query("select convert_from(raw, 'UTF8') as raw, raw_is_json from events where id = $1", [
    events[0]?.id
  ])
  t.match(row, { raw: JSON.stringify(events[0]?.raw), raw_is_json: true }, 'the notification is stored as it was sent')
})

t.test('a record counts once, however often it is in the log or in a batch', async t => {
  const { count, project, pool } = await projector(t)
  const events = history(ANSWERED)
  await project([...events, ...events])
  await project([...events].reverse(), 8)
  t.equal((await project(events)).records, 0, 'records up to the checkpoint are skipped')
  t.equal(await count('events'), 4)
  t.match((await pool.query('select webhook_events from call_history')).rows, [{ webhook_events: 4 }])
})

t.test('of two duplicates the one received first is kept, whichever is projected first', async t => {
  const { pool, project } = await projector(t)
  const [event] = history('IncomingCall')
  assert.ok(event)
  const later = { ...event, receivedAt: '2026-11-23T10:00:00.000Z' }
  const earlier = { ...event, receivedAt: '2026-11-23T09:30:00.000Z' }
  await project([later, earlier])
  await project([{ ...event, receivedAt: '2026-11-23T09:40:00.000Z' }], 2)
  t.match((await pool.query('select received_at from events')).rows, [{ received_at: new Date(earlier.receivedAt) }])
})

t.test('a late event changes the row and removes a leg that did not take place', async t => {
  const { pool, project } = await projector(t)
  const [start, ringing, connected, completed] = history(ANSWERED)
  assert.ok(start && ringing && connected && completed)
  await project([connected, completed])
  t.match((await pool.query('select extension, ringing_at from call_legs')).rows, [
    { extension: '101', ringing_at: null }
  ])
  await project(history('IncomingCall > IncomingCallCompleted@5'), 2)
  t.equal((await pool.query('select from call_legs')).rowCount, 0, 'the call had ended before')
})

t.test('two concurrent batches of the same calls both count', async t => {
  const { pool, count } = await projector(t)
  const halves = [0, 1].map(half =>
    Array.from({ length: 20 }, (_, i) => history(ANSWERED, { id: `call-${i}` }).filter((_, i) => i % 2 === half)).flat()
  )
  await Promise.all(
    halves.map((events, partition) =>
      projectBatch(pool, { ...PARTITION_KEY, partition }, stored(events.map(encodeEvent)), {
        now: NOW,
        settings: SETTINGS
      })
    )
  )
  t.equal(await count('events'), 80)
  t.equal((await pool.query("select from call_history where state = 'ended' and webhook_events = 4")).rowCount, 20)
})
