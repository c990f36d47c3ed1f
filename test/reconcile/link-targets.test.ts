import t, { type Test } from 'tap'
import { trackLinkTargets } from '../../src/reconcile/await-projection.js'
import { readRoute } from '../../src/reconcile/read-route.js'
import { appending, call, contact } from '../support/appending.js'
import { contextAt, readerOf } from './support/source-rows.js'

async function settling(t: Test, { timeoutMs = 100 } = {}) {
  const world = await appending(t)
  return { ...world, ...trackLinkTargets({ pool: world.pool, append: world.start(), timeoutMs }) }
}

t.test('what rows of the journal are joined to is waited for until it is projected', async t => {
  const { append, awaitLinkTargets, project } = await settling(t)
  await awaitLinkTargets()
  await append([contact(1)])
  await awaitLinkTargets()
  await append([call('calls', 'missed', 1)])
  await t.rejects(awaitLinkTargets(), { code: 'MCS_NOT_PROJECTED' })
  await t.rejects(awaitLinkTargets(), { code: 'MCS_NOT_PROJECTED' }, 'the next try waits for it too')
  await project()
  await awaitLinkTargets()
})

t.test('it is over as soon as that is projected', async t => {
  const { append, awaitLinkTargets, project } = await settling(t, { timeoutMs: 60_000 })
  await append([call('calls', 'missed', 1)])
  const waiting = awaitLinkTargets()
  await project()
  await waiting
})

t.test('a dead letter is waited for by nobody', async t => {
  const { append, awaitLinkTargets, pool } = await settling(t)
  const [event] = await append([call('calls', 'missed', 1)])
  await pool.query(
    "insert into dead_letters (log_id, topic, partition, record_offset, record_id, code, reason, headers, died_at) values ('l', 'calls', 0, 1, $1, '22000', 'x', '{}', now())",
    [event?.id]
  )
  await awaitLinkTargets()
})

t.test('a page with rows to be joined is not passed over while what they need is not there', async t => {
  const { append, awaitLinkTargets, pool, project } = await settling(t)
  const [report] = await append([call('calls', 'missed', 1)])
  if (report?.type !== 'call.reported') throw new Error('another event')
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
