import t from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { discardDeadLetter } from '../../../src/project/dead-letters/discard.js'
import { redriveAll } from '../../../src/project/dead-letters/redrive-all.js'
import { calls } from '../../../src/project/models/calls/calls.js'
import {
  FOREIGN_RECORD,
  insertUndecodableLetters,
  projectedRows,
  setUpDeadLetters
} from '../../support/dead-letters.js'
import { eventually } from '../../support/eventually.js'
import { history } from '../../support/history.js'
import { ANSWERED, NOW, PARTITION_KEY, projector, stored } from '../../support/projection.js'
import { SETTINGS } from '../../support/settings.js'

t.test('a redriven dead letter gives the same rows as its record would have given', async t => {
  const events = history(ANSWERED)
  const straight = await projector(t)
  await straight.project(events)
  const { pool, letters, actions, redrive, ids } = await setUpDeadLetters(t, events)
  for (const id of [...ids].reverse())
    t.match(await redrive(id), { state: 'redriven', changed: true, refusal: null, failures: [] })
  t.equal(await projectedRows(pool), await projectedRows(straight.pool))
  t.strictSame(
    (await letters()).map(({ state }) => state),
    ['redriven', 'redriven', 'redriven', 'redriven'],
    'none is deleted'
  )
  t.match(
    await actions(),
    ids.map(() => ({ action: 'redriven', acted_by: 'a test', code: null }))
  )
})

t.test('a second redrive changes nothing and reports it, also when both run at the same time', async t => {
  const {
    pool,
    actions,
    redrive,
    ids: [id = '']
  } = await setUpDeadLetters(t, history('IncomingCall'))
  const both = await Promise.all([redrive(id), redrive(id), redrive(id)])
  t.strictSame(both.map(({ changed }) => changed).sort(), [false, false, true])
  const before = await projectedRows(pool)
  t.match(await redrive(id), { state: 'redriven', changed: false })
  t.equal(await projectedRows(pool), before)
  t.equal((await actions()).length, 1)
})

t.test('a dead letter that is refused again stays dead, with the new reason', async t => {
  const { pool, count, letters, actions, redrive } = await setUpDeadLetters(t, history('IncomingCall'))
  await insertUndecodableLetters(pool, [FOREIGN_RECORD], 1)
  await pool.query("alter table events add constraint no_calls check (kind <> 'call')")
  const [refused, undecodable] = (await letters()).map(({ id }) => id)
  t.match(await redrive(refused ?? ''), { state: 'dead', changed: true, refusal: { code: '23514' } })
  t.match(await redrive(undecodable ?? ''), {
    state: 'dead',
    refusal: { code: 'MCS_UNDECODABLE_RECORD', reason: 'the record cannot be decoded: its value is not JSON' }
  })
  t.match(await letters(), [
    { state: 'dead', code: '23514', reason: 'the database rejects its content' },
    { state: 'dead', reason: /not JSON/ }
  ])
  t.match(await actions(), [
    { action: 'refused', code: '23514' },
    { action: 'refused', code: 'MCS_UNDECODABLE_RECORD' }
  ])
  for (const table of ['events', 'entities']) t.equal(await count(table), 0, `nothing is stored in ${table}`)
  await pool.query('alter table events drop constraint no_calls')
  t.match(await redrive(refused ?? ''), { state: 'redriven', changed: true })
})

t.test('a dry run reports what would happen, and changes nothing', async t => {
  const { pool, letters, actions, ids } = await setUpDeadLetters(t, history(ANSWERED))
  await insertUndecodableLetters(pool, [FOREIGN_RECORD], 4)
  const before = await letters()
  const reported: string[] = []
  const run = (dryRun: boolean) =>
    redriveAll({
      pool,
      settings: SETTINGS,
      now: () => NOW,
      by: 'a test',
      ids: null,
      dryRun,
      onDeadLetter: (id, { refusal }) => reported.push(`${id} ${refusal?.code ?? 'fine'}`)
    })
  t.match(await run(true), { redriven: 4, unchanged: 0, refused: 1, finished: true })
  t.strictSame(await letters(), before)
  t.equal((await actions()).length, 0)
  t.strictSame(
    reported.slice(0, 4),
    ids.map(id => `${id} fine`),
    'oldest first'
  )
  t.match(await run(false), { redriven: 4, refused: 1 })
  t.match(await run(false), { redriven: 0, refused: 1 }, 'only those that are still dead are tried again')
})

t.test('trouble of the server is not a refusal and changes nothing', async t => {
  const {
    pool,
    count,
    letters,
    redrive,
    ids: [id = '']
  } = await setUpDeadLetters(t, history('IncomingCall'))
  await pool.query(
    `create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'read only' using errcode = '25006'; end $$`
  )
  await pool.query('create trigger refuse before insert on call_history execute function refuse()')
  await t.rejects(redrive(id), { code: '25006' })
  t.match(await letters(), [{ state: 'dead', reason: /its type is unknown/ }])
  t.equal(await count('events'), 0)
})

t.test('an event whose fold throws is stored nevertheless', async t => {
  const {
    redrive,
    count,
    ids: [id = '']
  } = await setUpDeadLetters(t, history('IncomingCall'))
  const fold = calls.fold
  calls.fold = () => {
    throw new Error('a bug in the fold')
  }
  t.teardown(() => {
    calls.fold = fold
  })
  t.match(await redrive(id), { state: 'redriven', failures: [{ failed: 'fold' }] })
  t.equal(await count('events'), 1)
  t.equal(await count("entities where failed = 'fold'"), 1)
})

t.test('a discarded dead letter is kept and can still be redriven; a redriven one cannot be discarded', async t => {
  const {
    pool,
    letters,
    actions,
    redrive,
    ids: [id = '']
  } = await setUpDeadLetters(t, history('IncomingCall'))
  const options = { pool, now: NOW, by: 'a test', reason: 'no use' }
  t.equal(await discardDeadLetter(id, options), true)
  t.equal(await discardDeadLetter(id, options), false, 'once')
  t.match(await letters(), [{ state: 'discarded' }])
  t.match(await redrive(id), { state: 'redriven' })
  await t.rejects(discardDeadLetter(id, options), { code: 'MCS_LETTER_REDRIVEN' })
  await t.rejects(discardDeadLetter('999', options), { code: 'MCS_NOT_FOUND' })
  await t.rejects(redrive('999'), { code: 'MCS_NOT_FOUND' })
  t.match(await actions(), [{ action: 'discarded', reason: 'no use' }, { action: 'redriven' }])
})

t.test('a record that comes again is the same dead letter; another record at its offset is a new one', async t => {
  const { pool, count } = await projector(t)
  const bad = (text: string) => stored([{ ...FOREIGN_RECORD, value: Buffer.from(text) }])
  const project = (text: string) => projectBatch(pool, PARTITION_KEY, bad(text), { now: NOW, settings: SETTINGS })
  await project('one')
  await pool.query("update dead_letters set state = 'discarded', died_at = '2020-01-01'")
  await pool.query('update checkpoints set last_offset = -1')
  await project('one')
  t.match((await pool.query('select state, died_at from dead_letters')).rows, [
    { state: 'discarded', died_at: new Date('2020-01-01') }
  ])
  await pool.query('update checkpoints set last_offset = -1') // the topic was created again
  await project('two')
  t.equal(await count('dead_letters'), 2)
})

t.test('redrives that run together with batches of the same call end, and every event counts', async t => {
  const events = history(ANSWERED)
  const { pool, count, redrive, project, ids } = await setUpDeadLetters(t, events)
  const records = stored(events.map(encodeEvent))
  await Promise.all([
    project(events),
    ...ids.map(id => redrive(id)),
    ...[1, 2].map(partition =>
      projectBatch(
        pool,
        { ...PARTITION_KEY, partition },
        records.map(record => ({ ...record, partition })),
        { now: NOW, settings: SETTINGS }
      )
    )
  ])
  t.equal(await count('events'), 4)
  await eventually(
    'its row has all events',
    async () => (await count("call_history where state = 'ended' and webhook_events = 4")) === 1
  )
})
