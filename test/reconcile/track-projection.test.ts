import t, { type Test } from 'tap'
import { trackProjection } from '../../src/reconcile/await-projection.js'
import { readRoute } from '../../src/reconcile/read-route.js'
import { callReported, contactReported, setUpFactAppender } from '../support/fact-appender.js'
import { contextAt, readerOf } from './support/recording-reader.js'

async function setUpTracker(t: Test, { timeoutMs = 100 } = {}) {
  const appender = await setUpFactAppender(t)
  return { ...appender, ...trackProjection({ pool: appender.pool, append: appender.start(), timeoutMs }) }
}

t.test('awaitProjected waits until calls, voicemails and messages are projected, and for no other facts', async t => {
  const { append, awaitProjected, project } = await setUpTracker(t)
  await awaitProjected()
  await append([contactReported(1)])
  await awaitProjected()
  await append([callReported('calls', 'missed', 1)])
  await t.rejects(awaitProjected(), { code: 'MCS_NOT_PROJECTED' })
  await t.rejects(awaitProjected(), { code: 'MCS_NOT_PROJECTED' }, 'the next attempt waits for it too')
  await project()
  await awaitProjected()
})

t.test('awaitProjected resolves as soon as the calls are projected', async t => {
  const { append, awaitProjected, project } = await setUpTracker(t, { timeoutMs: 60_000 })
  await append([callReported('calls', 'missed', 1)])
  const waiting = awaitProjected()
  await project()
  await waiting
})

t.test('awaitProjected does not wait for dead letters', async t => {
  const { append, awaitProjected, pool } = await setUpTracker(t)
  const [event] = await append([callReported('calls', 'missed', 1)])
  await pool.query(
    `insert into dead_letters
       (log_id, topic, partition, record_offset, record_id, code, reason, headers, died_at)
     values ('l', 'calls', 0, 1, $1, '22000', 'x', '{}', now())`,
    [event?.id]
  )
  await awaitProjected()
})

t.test('a page with unlinked rows is not skipped while the calls they link to are not projected', async t => {
  const { append, awaitProjected, pool, project } = await setUpTracker(t)
  const [report] = await append([callReported('calls', 'missed', 1)])
  if (report?.type !== 'call.reported') throw new Error('expected a reported call')
  const { id: _, callId: __, ...row } = report
  const reader = {
    ...readerOf('journal', () => []),
    read: async function* () {
      yield {
        facts: [],
        unlinked: [{ callId: null, call: { ...row, route: 'journal' as const }, voicemail: null }],
        rows: 1
      }
    }
  }
  const read = (appendFacts = append) =>
    readRoute(
      { pool, append: appendFacts, awaitProjected },
      {
        reader,
        scope: null,
        context: {
          ...contextAt(() => new Date('2026-11-23T09:00:00Z')),
          account: { ...contextAt(() => new Date()).account, id: 'acme' }
        }
      }
    )
  await t.rejects(read(), { code: 'MCS_NOT_PROJECTED' })
  t.equal((await pool.query('select from reconcile_cursors')).rowCount, 0)
  await project()
  await read(async facts => {
    const events = await append(facts)
    await project()
    return events
  })
  t.match(
    (await pool.query("select fields from events where type = 'call.reported' and fields->>'route' = 'journal'")).rows,
    [{ fields: { callId: 'c1', inferred: true } }]
  )
})

t.test('an interval counts as read once its rows are projected', async t => {
  const { append, awaitProjected, pool, project, events } = await setUpTracker(t)
  const context = {
    ...contextAt(() => new Date('2026-11-23T09:00:00Z')),
    account: { ...contextAt(() => new Date()).account, id: 'acme' }
  }
  const reader = readerOf('calls', () => [[callReported('calls', 'missed', 1)]])
  const read = () => readRoute({ pool, append, awaitProjected }, { reader, scope: null, context })
  const types = async () => (await events()).map(({ type }) => type)
  await t.rejects(read(), { code: 'MCS_NOT_PROJECTED' })
  t.strictSame(await types(), ['call.reported'])
  await project()
  await read()
  t.strictSame(await types(), ['call.reported', 'range.polled'])
})
