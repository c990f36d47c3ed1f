import pg from 'pg'
import t from 'tap'
import type { Viewer } from '../../src/access/viewer.js'
import { sweepChanges } from '../../src/db/changes.js'
import { createIncompleteAccounts } from '../../src/live/incomplete.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { eventually } from '../support/eventually.js'
import { history } from '../support/history.js'
import { liveApi } from '../support/live.js'
import { type LiveClient, untilDelivered } from '../support/live-client.js'
import { ANSWERED, NOW } from '../support/projection.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'
import { SETTINGS } from '../support/settings.js'

const VIEWER: Viewer = { actor: 'k1', role: 'viewer', account: 'default', organization: null }

t.test('a change is delivered as the complete object that the lists return, with its revision', async t => {
  const { project, watch, app } = await liveApi(t)
  const client = await watch()
  t.equal(client.status, 200)
  await project(history(ANSWERED, { id: 'a' }))
  const events = await untilDelivered(
    client,
    'a call and an agent arrive',
    some => some.some(({ event }) => event === 'call') && some.some(({ event }) => event === 'agent')
  )
  const listed = async (path: string) =>
    (await app.inject({ url: path, headers: { authorization: `Bearer ${ADMIN_API_KEY}` } })).json<{ data: object[] }>()
      .data[0]
  const { id, data } = events.find(({ event }) => event === 'call') ?? { id: '', data: {} }
  t.strictSame(data.object, await listed('/v1/calls'))
  t.equal(String(data.revision), id)
  t.strictSame(events.find(({ event }) => event === 'agent')?.data.object, await listed('/v1/agents'))
})

t.test('a client receives the kinds and accounts that it requests, and may request only what it may see', async t => {
  const { project, watch } = await liveApi(t, { viewers: { k1: VIEWER } })
  const [calls, other, all] = [
    await watch('?kinds=call'),
    await watch('?account=other&kinds=call,agent'),
    await watch('', { key: 'k1' })
  ]
  const ofOtherAccount = history(ANSWERED, { id: 'b' }).map(event => ({ ...event, account: 'other' }))
  await project([...history(ANSWERED, { id: 'a' }), ...ofOtherAccount])
  await untilDelivered(calls, 'both calls arrive', some => some.length === 2)
  await untilDelivered(other, 'the events of its account arrive', some => some.length === 2)
  await untilDelivered(all, 'the events of the account of the key arrive', some => some.length === 2)
  await project(
    [
      ...history('IncomingCall', { id: 'c' }),
      ...history('IncomingCall', { id: 'd' }).map(event => ({ ...event, account: 'other' }))
    ],
    20
  )
  const seen = (events: typeof calls.events) =>
    events.map(({ event, data }) => `${event} ${data.object?.id ?? data.object?.extension}`).sort()
  t.strictSame(seen(await untilDelivered(calls, 'two more events arrive', some => some.length === 4)), [
    'call a',
    'call b',
    'call c',
    'call d'
  ])
  t.strictSame(seen(await untilDelivered(other, 'one more event arrives', some => some.length === 3)), [
    'agent 101',
    'call b',
    'call d'
  ])
  t.strictSame(seen(await untilDelivered(all, 'one more event arrives', some => some.length === 3)), [
    'agent 101',
    'call a',
    'call c'
  ])
  for (const [query, key, status] of [
    ['?kinds=nothing', ADMIN_API_KEY, 400],
    ['?kinds=call,gap', 'k1', 403],
    ['?kinds=health', 'k1', 403],
    ['', 'unknown-key', 401],
    ['?kind=call', ADMIN_API_KEY, 400]
  ] as const) {
    t.equal((await watch(query, { key })).status, status, query)
  }
})

t.test('a client that reconnects receives exactly the changes that it has missed', async t => {
  const { project, watch } = await liveApi(t)
  const first = await watch('?kinds=call')
  await project(history('IncomingCall', { id: 'a' }))
  await untilDelivered(first, 'the call arrives', some => some.length === 1)
  first.close()
  await project(history('IncomingCall', { id: 'b' }), 10)
  await project(history('IncomingCall > IncomingCallRinging(101)', { id: 'b' }), 20)
  await project(history('IncomingCall', { id: 'c' }), 30)
  for (const again of [
    await watch('?kinds=call', { lastEventId: first.lastId() }),
    await watch(`?kinds=call&lastEventId=${first.lastId()}`)
  ]) {
    const events = await untilDelivered(again, 'the missed changes arrive', some => some.length === 2)
    t.match(
      events.map(({ data }) => data.object),
      [{ id: 'b', state: 'ringing' }, { id: 'c' }]
    )
    const last = again.lastId()
    t.ok(Number(last) > Number(first.lastId()))
  }
})

t.test('an id that is swept, in the future or invalid causes a reset, and so does a rebuild', async t => {
  const { pool, project, watch } = await liveApi(t)
  await project(history('IncomingCall', { id: 'a' }))
  await project(history('IncomingCall', { id: 'b' }), 10)
  const old = await watch('?kinds=call', { lastEventId: '1' })
  t.equal((await untilDelivered(old, 'the change arrives', some => some.length === 1))[0]?.event, 'call')
  await pool.query("update changes set changed_at = changed_at - interval '2 hours'")
  await sweepChanges(pool)
  const clients = [
    await watch('?kinds=call', { lastEventId: '1' }),
    await watch('?kinds=call', { lastEventId: '99' }),
    await watch('?kinds=call', { lastEventId: 'x' })
  ]
  for (const client of clients) {
    t.match(await untilDelivered(client, 'a reset arrives', some => some.length === 1), [
      { id: '2', event: 'reset', data: { revision: 2 } }
    ])
  }
  await pool.query("update call_history set state = 'ended'")
  await rebuild({ pool, settings: SETTINGS, now: () => NOW, dryRun: false })
  const [last] = (
    await untilDelivered(old, 'the reset of the rebuild arrives', some => some.some(({ event }) => event === 'reset'))
  ).slice(-1)
  t.equal(last?.event, 'reset')
  t.equal(
    (
      await untilDelivered(
        await watch('?kinds=call', { lastEventId: '2' }),
        'the reset of the rebuild arrives',
        some => some.length === 1
      )
    )[0]?.event,
    'reset',
    'also for a client that was not connected'
  )
})

t.test('a deleted object is delivered as null', async t => {
  const { pool, project, watch } = await liveApi(t)
  await project(history('IncomingCall', { id: 'a' }))
  const client = await watch('?kinds=call')
  await pool.query('delete from call_history')
  await pool.query("insert into changes (account, kind, object, changed_at) values ('default', 'call', 'a', now())")
  await pool.query('notify mightycall_stream_changes')
  t.match((await untilDelivered(client, 'the deletion arrives', some => some.length === 1))[0]?.data, {
    object: null,
    account: 'default',
    id: 'a'
  })
})

t.test('heartbeats are events without an id, and the id advances even when no change is for the client', async t => {
  const { project, watch } = await liveApi(t)
  const client = await watch('?kinds=voicemail')
  await eventually('the first heartbeat arrives', () => client.beats.length === 1)
  t.strictSame(client.beats, [{ at: NOW.toISOString(), revision: 0, incomplete: false }])
  await project(history(ANSWERED, { id: 'a' }))
  await eventually('the revision of the heartbeats advances', () => client.beats.at(-1)?.revision === 2)
  t.equal(client.lastId(), '2')
  t.match(client.text(), /(?:^|\n\n)id: 2\n\nevent: beat\ndata: /)
  t.strictSame(client.events, [])
})

t.test('heartbeats say whether the accounts of the client are known to be incomplete', async t => {
  const incomplete = new Set(['other'])
  const viewers = { k1: VIEWER }
  const { watch } = await liveApi(t, { viewers, incompleteAccounts: async () => incomplete })
  const [all, own, named] = [await watch(), await watch('', { key: 'k1' }), await watch('?account=other')]
  const stateOf = ({ beats }: typeof all) => beats.at(-1)?.incomplete
  const isNow = (...states: boolean[]) =>
    eventually(`the heartbeats say ${states}`, () => [all, own, named].every((one, i) => stateOf(one) === states[i]))
  await isNow(true, false, true)
  incomplete.clear()
  await isNow(false, false, false)
  incomplete.add('') // all accounts
  await isNow(true, true, true)
  t.pass('each state has arrived')
})

t.test('accounts with open gaps of the last day are incomplete; all while the projector is stopped', async t => {
  const { pool } = await liveApi(t)
  const insertGap = (account: string, age: string, healedAt: Date | null) =>
    pool.query(
      `insert into gaps (account, kind, entity, hour, missing, detected_at, healed_at)
       values ($1, 'call', 'c', $2::timestamptz - $3::interval, 'call', $2, $4)`,
      [account, NOW, age, healedAt]
    )
  await insertGap('lost', '23 hours', null)
  await insertGap('healed', '1 hour', NOW)
  await insertGap('long-ago', '25 hours', null)
  const load = () => createIncompleteAccounts({ pool, now: () => NOW })()
  t.strictSame(await load(), new Set(['lost']))
  await pool.query(
    `insert into projector_stops
       (consumer_group, log_id, topic, partition, last_offset, records, failed, code, stopped_at)
     values ('g', 'l', 'calls', 0, 0, 1, 1, 'MCS_X', $1)`,
    [NOW]
  )
  t.strictSame(await load(), new Set(['lost', '']))
  const unreachable = new pg.Pool({ host: '127.0.0.1', port: 1 })
  t.strictSame(await createIncompleteAccounts({ pool: unreachable, now: () => NOW })(), new Set(['']))
})

t.test('health is delivered on connection, and when it changes', async t => {
  let ready = true
  const { watch } = await liveApi(t, { health: async () => ({ ready }) })
  const client = await watch('?kinds=health')
  t.match(await untilDelivered(client, 'the health arrives', some => some.length === 1), [
    { event: 'health', data: { object: { ready: true } } }
  ])
  ready = false
  t.match((await untilDelivered(client, 'the changed health arrives', some => some.length === 2))[1], {
    event: 'health',
    data: { object: { ready: false } }
  })
})

t.test('a client whose access is revoked is disconnected at the next heartbeat, with the reason', async t => {
  const viewers: Record<string, Viewer> = { k1: VIEWER }
  const { watch, dropped, clients } = await liveApi(t, { viewers })
  const [admin, client] = [await watch(), await watch('', { key: 'k1' })]
  delete viewers.k1
  await eventually('the connection is closed', () => client.isClosed())
  t.match(client.events.at(-1), { event: 'dropped', data: { code: 'MCS_UNAUTHORIZED' } })
  t.notOk(admin.isClosed())
  t.strictSame(dropped, ['MCS_UNAUTHORIZED'])
  t.equal(clients(), 1)
})

t.test('the numbers of clients per process and per key are limited', async t => {
  const { watch, clients } = await liveApi(t, { viewers: { k1: VIEWER }, limits: { clients: 3, clientsOfKey: 2 } })
  const [first, ,] = [await watch(), await watch()]
  t.equal((await watch()).status, 429)
  t.equal((await watch('', { key: 'k1' })).status, 200)
  t.equal((await watch('', { key: 'k1' })).status, 503)
  first?.close()
  await eventually('the client is no longer counted', () => clients() === 2)
  t.equal((await watch('', { key: 'k1' })).status, 200)
})

/** What an EventSource sends. */
const EVENT_SOURCE = { accept: 'text/event-stream' }
const retryOf = (client: LiveClient) => Number(/^retry: (\d+)$/m.exec(client.text())?.[1])

t.test('at shutdown clients are told to reconnect after the restart, and new ones as well', async t => {
  const { project, watch, streams, app } = await liveApi(t)
  await project(history('IncomingCall', { id: 'a' }))
  const client = await watch()
  await streams.close(5_000)
  await eventually('the connection is closed', () => client.isClosed())
  t.match(client.text(), /retry: \d+\n\n$/)
  const again = await watch('', EVENT_SOURCE)
  t.equal(again.status, 200, 'a browser would never connect again after another status')
  await eventually('the connection is closed', () => again.isClosed())
  t.match(again.events, [{ id: '1', event: 'dropped', data: { code: 'MCS_LIVE_CLOSED' } }], 'it continues from here')
  const known = await watch('', { ...EVENT_SOURCE, lastEventId: '0' })
  await eventually('the connection is closed', () => known.isClosed())
  t.match(known.events, [{ id: null, event: 'dropped' }], 'a client with an id keeps it')
  for (const retry of [retryOf(client), retryOf(again)])
    t.ok(retry > 5_000 && retry < 15_000, `${retry} ms are longer than the drain and a restart`)
  t.equal((await watch()).status, 503, 'a client that is not an EventSource receives the error')
  await app.close()
})

t.test('an EventSource that has sent too many requests is told to wait as long as the limit lasts', async t => {
  const { pool } = await liveApi(t)
  const { app } = await queryApi(t, pool, () => NOW, { limits: { requestsPerMinute: 1 } })
  const connect = (accept: string) =>
    app.inject({ url: '/v1/live', headers: { accept, authorization: `Bearer ${ADMIN_API_KEY}` } })
  await connect('text/event-stream')
  t.equal((await connect('*/*')).statusCode, 429)
  const { statusCode, headers, payload } = await connect('text/event-stream')
  t.match([statusCode, headers['content-type']], [200, /^text\/event-stream/])
  t.match(payload, /^retry: [1-6]\d000\nevent: dropped\ndata: \{"code":"MCS_RATE_LIMITED"/)
})

t.test('an EventSource that is refused for a while is told when to reconnect', async t => {
  const viewers = {
    k1: VIEWER,
    get k2(): Viewer {
      throw Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' })
    }
  }
  const { watch, app } = await liveApi(t, { viewers, limits: { clients: 2, clientsOfKey: 1 } })
  await watch()
  const limited = await watch('', EVENT_SOURCE)
  await watch('', { key: 'k1' })
  const full = await watch('', { ...EVENT_SOURCE, key: 'k1' })
  t.equal((await watch('', { ...EVENT_SOURCE, key: 'unknown-key' })).status, 401, 'other errors remain errors')
  t.equal((await watch('?kinds=nothing', EVENT_SOURCE)).status, 400)
  const notReady = await watch('', { ...EVENT_SOURCE, key: 'k2' })
  for (const [client, code] of [
    [limited, 'MCS_LIVE_LIMIT'],
    [full, 'MCS_LIVE_FULL'],
    [notReady, 'MCS_NOT_READY']
  ] as const) {
    t.equal(client.status, 200, code)
    await eventually('the connection is closed', () => client.isClosed())
    t.match(client.events, [{ event: 'dropped', data: { code } }])
    t.ok(retryOf(client) > 0)
  }
  await app.close()
})
