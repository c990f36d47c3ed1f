import t, { type Test } from 'tap'
import { at } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

const TALK = 'IncomingCall@0 > IncomingCallRinging(101)@5 > IncomingCallConnected(101)@20 > IncomingCallCompleted@80'
const DAY = 86_400

interface Page {
  data: { id: string; state: string }[]
  nextCursor: string | null
}

/**
 * Sets up the API over these calls, five days after their start. Their events are received one hour after the start.
 */
async function calls(t: Test, sequences: Record<string, string>) {
  const { pool, project } = await projector(t)
  await project(Object.entries(sequences).flatMap(([id, sequence]) => history(sequence, { id })))
  const { get } = await queryApi(t, pool, () => new Date(START + 5 * DAY * 1000))
  return {
    get,
    pool,
    states: async (query: string) =>
      (await get(`/v1/calls?${query}`)).json<Page>().data.map(call => `${call.id} ${call.state}`)
  }
}

t.test('a call is shown as it was at an instant, from the events received by an instant', async t => {
  const { get } = await calls(t, { a: TALK })
  const states: [string, string | undefined][] = [
    ['', 'ended'],
    [`?asOf=${at(-1)}`, undefined],
    [`?asOf=${at(0)}`, 'waiting'],
    [`?asOf=${at(5)}`, 'ringing'],
    [`?asOf=${at(79)}`, 'connected'],
    [`?asOf=${at(80)}`, 'ended'],
    [`?asOf=${at(80)}&knownAt=${at(3_599)}`, undefined],
    [`?knownAt=${at(3_600)}`, 'ended'],
    ['?asOf=2026-11-24', 'ended'],
    ['?asOf=2026-11-23', undefined],
    ['?asOf=2026-11-23T03:00:10-05:00', 'ringing']
  ]
  for (const [query, state] of states)
    t.match(
      (await get(`/v1/calls/a${query}`)).json(),
      state ? { state } : { code: 'MCS_NOT_FOUND', message: 'there is no such call' },
      query
    )
})

t.test('staleness is computed at the requested instant', async t => {
  const { get } = await calls(t, { lost: 'IncomingCall@0 > IncomingCallRinging(101)@5' })
  const isStale = async (query: string) => (await get(`/v1/calls/lost${query}`)).json<{ stale: boolean }>().stale
  t.strictSame(
    [
      await isStale(''),
      await isStale(`?asOf=${at(14_405)}`),
      await isStale(`?asOf=${at(14_406)}`),
      await isStale(`?knownAt=${at(14_405)}`)
    ],
    [true, false, true, false]
  )
  const listed = (await get(`/v1/calls?asOf=${at(14_405)}`)).json<{ data: object[] }>().data
  t.match(listed, [{ id: 'lost', stale: false }])
})

t.test('filters apply to the calls as they were', async t => {
  const { states } = await calls(t, {
    a: TALK,
    b: 'OutgoingCall(102)@10 > OutgoingCallCompleted(102)@30',
    late: 'IncomingCall@100'
  })
  const filters: [string, string[]][] = [
    [`asOf=${at(25)}`, ['b ringing', 'a connected']],
    [`asOf=${at(25)}&sort=startedAt`, ['a connected', 'b ringing']],
    [`asOf=${at(25)}&state=connected`, ['a connected']],
    [`asOf=${at(25)}&state=ended`, []],
    [`asOf=${at(30)}&state=ended`, ['b ended']],
    [`asOf=${at(30)}&state=ended&state=connected`, ['b ended', 'a connected']],
    [`asOf=${at(30)}&outcome=answered`, []],
    [`asOf=${at(90)}&outcome=answered`, ['a ended']],
    [`asOf=${at(2)}&extension=101`, []],
    [`asOf=${at(5)}&extension=101`, ['a ringing']],
    [`asOf=${at(25)}&direction=outbound`, ['b ringing']],
    [`asOf=${at(25)}&client=(555)%20937-1200&since=${at(0)}&until=${at(1)}`, ['a connected']],
    [`asOf=${at(25)}&account=other`, []],
    [`asOf=${at(25)}&since=${at(1)}`, ['b ringing']],
    ['asOf=2026-11-23', []],
    ['asOf=0001-01-02T00:00:00%2B23:59', []],
    ['asOf=9999-12-30T23:59:59-23:59&limit=1', ['late waiting']]
  ]
  for (const [query, expected] of filters) t.strictSame(await states(query), expected, query)
})

t.test('a cursor is valid only for its instant', async t => {
  const { get } = await calls(t, { a: TALK, b: TALK })
  const { nextCursor } = (await get(`/v1/calls?limit=1&asOf=${at(25)}`)).json<Page>()
  t.match((await get(`/v1/calls?limit=1&asOf=${at(25)}&cursor=${nextCursor}`)).json(), {
    data: [{ id: 'a' }],
    nextCursor: null
  })
  for (const query of ['', `asOf=${at(26)}&`])
    t.match((await get(`/v1/calls?${query}limit=1&cursor=${nextCursor}`)).json(), {
      statusCode: 400,
      message: /another filter/
    })
})

t.test('a page with a rare filter searches a bounded number of calls, and the next page continues', async t => {
  const { pool, get } = await calls(t, { open: 'IncomingCall@0' })
  await pool.query(
    `insert into call_history
       (account, call_id, direction, state, started_at, ended_at, last_event_at, webhook_events, rest_events)
     select 'default', 'c' || i, 'inbound', 'ended', $1::timestamptz + i * interval '1 second',
       $1::timestamptz + i * interval '1 second', $1, 1, 0
     from generate_series(1, 12000) i`,
    [at(0)]
  )
  const first = (await get(`/v1/calls?asOf=${at(20_000)}&state=waiting`)).json<Page>()
  t.strictSame(first.data, [])
  t.match((await get(`/v1/calls?asOf=${at(20_000)}&state=waiting&cursor=${first.nextCursor}`)).json(), {
    data: [{ id: 'open' }],
    nextCursor: null
  })
})

t.test('an invalid instant is rejected with 400', async t => {
  const { get } = await calls(t, {})
  for (const path of ['?asOf=now', '?knownAt=2026-11-23', '/x?asOf=now', '/x?knownAt=2026-02-30'])
    t.match((await get(`/v1/calls${path}`)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, path)
})

t.test('an id that exists in two accounts requires the account for past states as well', async t => {
  const { pool, project } = await projector(t)
  await project(history(TALK).flatMap(event => [event, { ...event, account: 'other' }]))
  const { get } = await queryApi(t, pool, () => new Date(START))
  t.equal((await get(`/v1/calls/call-1?asOf=${at(25)}`)).statusCode, 409)
  t.match((await get(`/v1/calls/call-1?asOf=${at(25)}&account=other`)).json(), { account: 'other', state: 'connected' })
})
