import t, { type Test } from 'tap'
import { trackLinkTargets } from '../../src/reconcile/await-projection.js'
import { readRoute } from '../../src/reconcile/read-route.js'
import { callReported, contactReported, setUpFactAppender } from '../support/fact-appender.js'
import { contextAt, readerOf } from './support/recording-reader.js'

async function setUpTracker(t: Test, { timeoutMs = 100 } = {}) {
  const appender = await setUpFactAppender(t)
  return { ...appender, ...trackLinkTargets({ pool: appender.pool, append: appender.start(), timeoutMs }) }
}

t.test('awaitLinkTargets waits until calls and voicemails are projected, and for no other facts', async t => {
  const { append, awaitLinkTargets, project } = await setUpTracker(t)
  await awaitLinkTargets()
  await append([contactReported(1)])
  await awaitLinkTargets()
  await append([callReported('calls', 'missed', 1)])
  await t.rejects(awaitLinkTargets(), { code: 'MCS_NOT_PROJECTED' })
  await t.rejects(awaitLinkTargets(), { code: 'MCS_NOT_PROJECTED' }, 'the next attempt waits for it too')
  await project()
  await awaitLinkTargets()
})

t.test('awaitLinkTargets resolves as soon as the calls are projected', async t => {
  const { append, awaitLinkTargets, project } = await setUpTracker(t, { timeoutMs: 60_000 })
  await append([callReported('calls', 'missed', 1)])
  const waiting = awaitLinkTargets()
  await project()
  await waiting
})

t.test('awaitLinkTargets does not wait for dead letters', async t => {
  const { append, awaitLinkTargets, pool } = await setUpTracker(t)
  const [event] = await append([callReported('calls', 'missed', 1)])
  await pool.query(
    `insert into dead_letters
       (log_id, topic, partition, record_offset, record_id, code, reason, headers, died_at)
     values ('l', 'calls', 0, 1, $1, '22000', 'x', '{}', now())`,
    [event?.id]
  )
  await awaitLinkTargets()
})

t.test('a page with unlinked rows is not skipped while the calls they link to are not projected', async t => {
  const { append, awaitLinkTargets, pool, project } = await setUpTracker(t)
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
  const read = () =>
    readRoute(
      { pool, append, awaitLinkTargets },
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
  await read()
  await project()
  t.match(
    (await pool.query("select fields from events where type = 'call.reported' and fields->>'route' = 'journal'")).rows,
    [{ fields: { callId: 'c1', inferred: true } }]
  )
})
