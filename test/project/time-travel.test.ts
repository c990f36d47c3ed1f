import assert from 'node:assert/strict'
import t from 'tap'
import { createTimeTravel } from '../../src/project/time-travel.js'
import { at } from '../support/facts.js'
import { history } from '../support/history.js'
import { projector } from '../support/projection.js'

const TALK = 'IncomingCall@0 > IncomingCallRinging(101)@5 > IncomingCallConnected(101)@20 > IncomingCallCompleted@80'
const key = (callId: string, account = 'default') => ({ account, callId })

t.test('calls are returned in the order of the keys, with null for one that did not exist', async t => {
  const { pool, project } = await projector(t)
  await project([
    ...history(TALK, { id: 'a' }),
    ...history(TALK, { id: 'b' }).map(event => ({ ...event, account: 'other' }))
  ])
  const { callsAt } = createTimeTravel(pool)
  t.match(await callsAt([key('b', 'other'), key('b'), key('a')], { asOf: new Date(at(30)) }), [
    { row: { callId: 'b', account: 'other', state: 'connected' } },
    null,
    { row: { callId: 'a', state: 'connected' }, legs: [{ extension: '101', endedAt: null }] }
  ])
  t.strictSame(await callsAt([key('a')], { asOf: new Date(at(-1)) }), [null])
  t.strictSame(await callsAt([], {}), [])
})

t.test('without limits, a call equals the row of the table, except for columns that only statistics use', async t => {
  const { pool, project } = await projector(t)
  await project(history(TALK, { id: 'a' }))
  const [call] = await createTimeTravel(pool).callsAt([key('a')], {})
  const {
    rows: [{ contribution: _, first_ring_at: __, transferred: ___, group_id: ____, ...row }]
  } = await pool.query('select * from call_history')
  const snakeCase = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  t.strictSame(
    Object.fromEntries(Object.entries(call?.row ?? {}).map(([name, value]) => [snakeCase(name), value])),
    row
  )
})

t.test('only the events are read, not the tables of calls, and nothing is written', async t => {
  const { pool, project, count } = await projector(t)
  await project(history(TALK, { id: 'a' }))
  await pool.query('truncate call_history, call_legs')
  t.match(await createTimeTravel(pool).callsAt([key('a')], {}), [{ row: { state: 'ended' } }])
  t.strictSame([await count('call_history'), await count('call_legs')], [0, 0])
})

t.test('a timeline is in the order of receipt, and within a millisecond in the order of MightyCall', async t => {
  const { pool, project } = await projector(t)
  const [started, ringing, connected] = history(
    'IncomingCall@0 > IncomingCallRinging(101)@5 > IncomingCallConnected(101)@20',
    { id: 'a' }
  )
  assert.ok(started && ringing && connected)
  await project([
    { ...ringing, receivedAt: at(200) },
    { ...connected, receivedAt: at(100) },
    { ...started, receivedAt: at(200) }
  ])
  const { timeline } = createTimeTravel(pool)
  t.match(await timeline(key('a'), 10), [
    { event: { type: 'call.connected' }, call: { row: { state: 'connected', startedAt: new Date(at(20)) } } },
    { event: { type: 'call.started' }, call: { row: { startedAt: new Date(at(0)) } } },
    { event: { type: 'call.ringing' }, call: { legs: [{ ringingAt: new Date(at(5)) }] } }
  ])
  t.equal((await timeline(key('a'), 2)).length, 2)
  t.strictSame(await timeline(key('nobody'), 2), [])
})
