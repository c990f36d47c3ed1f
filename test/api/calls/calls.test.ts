import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { allPages } from '../../support/all-pages.js'
import { freshDatabase } from '../../support/database.js'
import { type CallParties, history, START } from '../../support/history.js'
import { ADMIN_API_KEY, queryApi } from '../../support/query-api.js'
import { SETTINGS } from '../../support/settings.js'

const NOW = new Date(START + 5 * 3_600_000)

interface Page {
  data: { id: string; account: string }[]
  nextCursor: string | null
}

/** Sets up the API over a database with these calls, given by id. */
async function api(t: Test, calls: Record<string, [sequence: string, parties?: CallParties, account?: string]>) {
  const { pool } = await freshDatabase(t)
  const events = Object.entries(calls).flatMap(([id, [sequence, parties, account = 'default']]) =>
    history(sequence, { ...parties, id }).map(event => ({ ...event, account }))
  )
  if (events.length > 0) {
    await projectBatch(
      pool,
      { logId: 'log', group: 'g', topic: 'calls', partition: 0 },
      events.map((event, i) => ({ ...encodeEvent(event), partition: 0, offset: BigInt(i) })),
      { now: NOW, settings: SETTINGS }
    )
  }
  const { app, get } = await queryApi(t, pool, () => NOW)
  const ids = async (query: string) => (await get(`/v1/calls${query}`)).json<Page>().data.map(call => call.id)
  return { app, get, ids }
}

const CALLS = {
  open: ['IncomingCall@7200'],
  answered: [
    'IncomingCall@100 > IncomingCallRinging(101)@110 > IncomingCallConnected(101)@120 > IncomingCallCompleted@130'
  ],
  missed: [
    'IncomingCall@200 > IncomingCallRinging(102)@210 > IncomingCallCompleted@220',
    { from: '+15557654321', to: '+15550001111' }
  ],
  widget: ['IncomingCall@300 > IncomingCallCompleted@310', { from: 'Contact us' }],
  out: ['OutgoingCall(101)@400 > OutgoingCallCompleted(101)@410'],
  internal: ['OutgoingCall(101)@500 > IncomingCallRinging(105)@505 > OutgoingCallCompleted@510', { to: '105' }]
} satisfies Record<string, [string, CallParties?]>

t.test('calls are listed newest first', async t => {
  const { ids } = await api(t, CALLS)
  t.strictSame(await ids(''), ['open', 'internal', 'out', 'widget', 'missed', 'answered'])
  t.strictSame(await ids('?sort=startedAt'), ['answered', 'missed', 'widget', 'out', 'internal', 'open'])
})

t.test('each filter selects its calls, and repeated values are combined with or', async t => {
  const { ids } = await api(t, CALLS)
  const filters: [string, string[]][] = [
    ['?direction=internal', ['internal']],
    ['?direction=internal&direction=outbound', ['internal', 'out']],
    ['?state=waiting', ['open']],
    ['?outcome=missed&outcome=abandoned', ['widget', 'missed']],
    ['?extension=101', ['internal', 'out', 'answered']],
    ['?extension=102&extension=105', ['internal', 'missed']],
    ['?client=%2B15557654321', ['missed']],
    ['?client=(555)%20765-4321', ['missed']],
    ['?client=Contact%20us', ['widget']],
    ['?businessNumber=555-000-1111', ['missed']],
    ['?since=2026-11-23T08:05:00Z&until=2026-11-23T08:08:20Z', ['out', 'widget']],
    ['?since=2026-11-23T03:05:00-05:00&until=2026-11-24', ['open', 'internal', 'out', 'widget']],
    ['?until=2026-11-23', []],
    ['?account=default&limit=2', ['open', 'internal']],
    ['?account=unknown', []],
    ['?client=%27;drop%20table%20events--', []],
    ['?client=a%00b', []],
    ['?extension=%00', []],
    ['?extension=%20101%20&limit=1', ['internal']],
    ['?since=0001-01-02T00:00:00%2B23:59&limit=1', ['open']]
  ]
  for (const [query, expected] of filters) t.strictSame(await ids(query), expected, query)
})

t.test('pages have no gaps or duplicates, even among calls of the same instant', async t => {
  const { get } = await api(
    t,
    Object.fromEntries(
      Array.from({ length: 11 }, (_, i) => [`call-${i}`, [`IncomingCall@${Math.floor(i / 4)}`, {}, i % 2 ? 'a' : 'b']])
    )
  )
  for (const sort of ['startedAt', '-startedAt']) {
    const calls = await allPages<Page['data'][number]>(get, '/v1/calls', `?limit=3&sort=${sort}`)
    const seen = calls.map(({ id }) => id)
    t.equal(seen.length, 11)
    t.equal(new Set(seen).size, 11)
  }
})

t.test('a call is found by its id', async t => {
  const { get } = await api(t, { ...CALLS, 'a/b c%': ['IncomingCall'] })
  t.match((await get('/v1/calls/missed')).json(), {
    id: 'missed',
    client: { number: '+15557654321' },
    legs: [{ extension: '102', result: 'unanswered' }]
  })
  t.equal((await get(`/v1/calls/${encodeURIComponent('a/b c%')}`)).json<{ id: string }>().id, 'a/b c%')
  for (const id of ['unknown', 'a%00b', 'x'.repeat(100)])
    t.match((await get(`/v1/calls/${id}`)).json(), {
      statusCode: 404,
      code: 'MCS_NOT_FOUND',
      message: 'there is no such call'
    })
})

t.test('a call is found in its account only', async t => {
  const { get } = await api(t, { twin: ['IncomingCall', {}, 'a'] })
  t.equal((await get('/v1/calls/twin')).statusCode, 200)
  t.equal((await get('/v1/calls/twin?account=b')).statusCode, 404)
})

t.test('an open call without events for four hours is stale', async t => {
  const { get } = await api(t, {
    old: ['IncomingCall'],
    fresh: ['IncomingCall@7200'],
    ended: ['IncomingCall > IncomingCallCompleted']
  })
  const stale = (await get('/v1/calls'))
    .json<{ data: { id: string; stale: boolean }[] }>()
    .data.filter(call => call.stale)
    .map(call => call.id)
  t.strictSame(stale, ['old'])
})

const rejectedQueries = [
  '?limit=0',
  '?limit=501',
  '?limit=x',
  '?limit=1&limit=2',
  '?foo=1',
  '?direction=up',
  '?state=',
  '?since=yesterday',
  '?since=2026-02-30',
  '?since=0001-01-01T00:00:00%2B23:59',
  '?since=9999-12-31T23:59:59-23:59',
  '?sort=id',
  '?account=A%20B',
  '?cursor=abc',
  '?cursor=W10',
  `?cursor=${Buffer.from('["x","y"]').toString('base64url')}`,
  '?client=',
  `?client=${'x'.repeat(101)}`
]
for (const query of rejectedQueries) {
  t.test(`rejects ${query.slice(0, 40)} with 400`, async t => {
    const { get } = await shared
    const answer = await get(`/v1/calls${query}`)
    t.match(answer.json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER', error: 'Bad Request', message: String })
  })
}

t.test('an error names the valid values', async t => {
  const { get } = await shared
  t.match((await get('/v1/calls?state=foo')).json(), { message: /waiting, ringing, connected, ended/ })
})

t.test('a cursor is valid only with its filter', async t => {
  const { get } = await api(t, CALLS)
  const { nextCursor } = (await get('/v1/calls?limit=1')).json<Page>()
  t.equal((await get(`/v1/calls?limit=5&cursor=${nextCursor}`)).statusCode, 200, 'the limit may change')
  t.match((await get(`/v1/calls?direction=inbound&cursor=${nextCursor}`)).json(), {
    statusCode: 400,
    message: /another filter/
  })
})

t.test('requests without a valid key are rejected', async t => {
  const { app, get } = await shared
  for (const path of ['/v1/calls', '/v1/calls/x', '/v1/calls?foo=1']) {
    for (const key of ['', 'wrong', `${ADMIN_API_KEY}x`, ADMIN_API_KEY.slice(1)])
      t.match((await get(path, key)).json(), { statusCode: 401, code: 'MCS_UNAUTHORIZED' })
    t.equal((await app.inject(path)).statusCode, 401)
  }
})

t.test('the API serves its documentation and OpenAPI document', async t => {
  const { app } = await shared
  t.equal((await app.inject('/docs/')).statusCode, 200)
  const { openapi, paths, security } = (await app.inject('/docs/json')).json<{
    openapi: string
    paths: Record<string, { get: { security?: unknown[] } }>
    security: unknown[]
  }>()
  t.equal(openapi, '3.1.0')
  t.match(Object.keys(paths), [
    '/v1/calls',
    '/v1/calls/{id}',
    '/v1/calls/{id}/timeline',
    '/v1/voicemails',
    '/v1/voicemails/{id}'
  ])
  t.strictSame(security, [{ key: [] }, { session: [] }])
  t.equal(paths['/v1/calls']?.get.security, undefined)
})

const shared: Promise<{ app: FastifyInstance; get: Awaited<ReturnType<typeof api>>['get'] }> = api(t, {})
