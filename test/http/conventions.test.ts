import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import t from 'tap'
import { createMetrics, metricsRoute } from '../../src/observability/metrics.js'
import { freshDatabase } from '../support/database.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'
import { openRawConnection } from '../support/raw-connection.js'

const NOW = new Date('2026-11-23T08:00:00.000Z')
const AUTHORIZED = { authorization: `Bearer ${ADMIN_API_KEY}` }

const { pool } = await freshDatabase(t)
const { app, get, post, patch } = await queryApi(t, pool, () => NOW, {
  limits: { requestsPerMinute: 500 },
  corsOrigins: ['https://page.example'],
  accountIds: ['default'],
  alongside: async app =>
    app.register(metricsRoute, {
      metrics: createMetrics(),
      refresh: async () => {},
      authenticate: async () => {}
    })
})

const wrongMethods = [
  ['PUT', '/v1/calls', 'GET, HEAD'],
  ['DELETE', '/v1/calls/1?account=a', 'GET, HEAD'],
  ['PUT', '/v1/organizations/', 'GET, HEAD, POST'],
  ['POST', '/v1/organizations/x', 'GET, HEAD, PATCH'],
  ['PATCH', '/metrics', 'GET, HEAD'],
  ['GET', '/v1/organizations/x/numbers', 'POST']
] as const

t.test('a method that a path does not accept is answered with 405 and the accepted ones', async t => {
  for (const [method, url, allow] of wrongMethods) {
    const answer = await app.inject({ method, url, headers: AUTHORIZED })
    t.match(answer, { statusCode: 405, headers: { allow } }, `${method} ${url}`)
    t.equal(answer.json().code, 'MCS_METHOD_NOT_ALLOWED')
  }
  for (const url of ['/v1/nothing', '/v1', '/v1/calls/x/y/z', '/%'])
    t.equal((await app.inject({ method: 'PUT', url })).headers.allow, undefined, url)
})

t.test('a 401 names the scheme of the credential, and the error only when there is a credential', async t => {
  const anonymous = await app.inject('/v1/calls')
  t.match(anonymous, { statusCode: 401, headers: { 'www-authenticate': 'Bearer realm="API"' } })
  t.match(await get('/v1/calls', 'wrong'), {
    statusCode: 401,
    headers: { 'www-authenticate': 'Bearer realm="API", error="invalid_token"' }
  })
})

t.test('responses tell the limit of the key', async t => {
  const [first, second] = [await get('/v1/me'), await get('/v1/me')]
  for (const { headers } of [first, second])
    t.match(headers, { 'ratelimit-limit': '500', 'ratelimit-remaining': /^\d+$/, 'ratelimit-reset': /^\d+$/ })
  t.equal(Number(first.headers['ratelimit-remaining']) - Number(second.headers['ratelimit-remaining']), 1)
  t.match((await get('/v1/me', 'wrong')).headers, { 'ratelimit-limit': '30' })
})

t.test('metrics and refusals are not cached', async t => {
  t.match((await app.inject('/metrics')).headers, { 'cache-control': 'no-store' })
  t.match((await app.inject('/v1/calls')).headers, { 'cache-control': 'no-store' })
})

const wrongBodies: [url: string, body: unknown, problem: RegExp][] = [
  ['/v1/organizations', { account: 'default', name: false }, /^name must be string/],
  ['/v1/organizations', { account: 'default', name: 5 }, /^name must be string/],
  ['/v1/organizations', { account: ['default'], name: 'x' }, /^account must be string/],
  ['/v1/organizations', [], /must be object/],
  ['/v1/keys', { label: 'x', role: ['viewer'] }, /^role must be/],
  ['/v1/keys', { label: 1, role: 'viewer' }, /^label must be string/],
  ['/v1/session', { key: 12 }, /^key must be string/],
  ['/v1/backfills', { since: 2026 }, /^since must be string/]
]

t.test('the values of a body are not converted to another type', async t => {
  for (const [url, body, message] of wrongBodies) {
    const answer = await post(url, body as object)
    t.match(answer.json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER', message }, JSON.stringify(body))
  }
  t.match((await patch('/v1/settings', { serviceLevelSeconds: '20' })).json(), { statusCode: 400 })
  t.equal((await get('/v1/calls?limit=5')).statusCode, 200, 'those of a query are')
  const text = { method: 'POST', url: '/v1/organizations', payload: '{}' } as const
  for (const type of ['text/plain', 'application/xml', ''])
    t.match(await app.inject({ ...text, headers: { ...AUTHORIZED, 'content-type': type } }), { statusCode: 415 }, type)
  const gzip = await app.inject({ ...text, headers: { ...AUTHORIZED, 'content-encoding': 'gzip' } })
  t.match(gzip.json(), { statusCode: 415, code: 'MCS_UNSUPPORTED_ENCODING' })
})

t.test('an account that is not configured is answered with 404, and nothing is created', async t => {
  const account = 'nosuch'
  const answers = [
    await post('/v1/organizations', { account, name: 'x' }),
    await post('/v1/keys', { account, label: 'x', role: 'viewer' }),
    await post('/v1/backfills', { account, since: '2026-11-01' }),
    await post(`/api/admin/mightycall/sync?account=${account}`),
    await patch(`/v1/settings?account=${account}`, { timeZone: 'UTC' })
  ]
  for (const answer of answers)
    t.match(answer.json(), { statusCode: 404, code: 'MCS_NOT_FOUND', message: 'there is no such account' })
  for (const table of ['organizations', 'api_keys', 'backfills', 'audit_log'])
    t.equal((await pool.query(`select from ${table}`)).rowCount, 0, table)
})

t.test('JSON, CSV and NDJSON are compressed for clients that accept it, small and open-ended ones are not', async t => {
  const decoders = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync }
  await pool.query(
    `insert into contacts (account, contact_id, name, channels, phones, tags, updated_at)
     select 'default', i::text, 'contact ' || i, '[]', '[]', '[]', now() from generate_series(1, 100) i`
  )
  for (const url of ['/v1/contacts?limit=100', '/v1/contacts?format=csv', '/v1/contacts?format=ndjson']) {
    const plain = await get(url)
    t.equal(plain.statusCode, 200)
    t.equal(plain.headers['content-encoding'], undefined)
    for (const [encoding, decode] of Object.entries(decoders)) {
      const answer = await app.inject({ url, headers: { ...AUTHORIZED, 'accept-encoding': encoding } })
      t.match(answer.headers, { 'content-encoding': encoding, vary: /accept-encoding/i }, url)
      t.ok(answer.rawPayload.length * 4 < plain.rawPayload.length)
      t.equal(decode(answer.rawPayload).toString(), plain.payload)
    }
  }
  const browser = { ...AUTHORIZED, 'accept-encoding': 'gzip, deflate, br, zstd' }
  t.equal((await app.inject({ url: '/v1/me', headers: browser })).headers['content-encoding'], undefined)
  t.equal((await app.inject({ url: '/v1/contacts', headers: browser })).headers['content-encoding'], 'gzip')
})

const refusedByNode = [
  { name: 'malformed HTTP', bytes: 'nonsense\r\n\r\n', status: 400, code: 'MCS_BAD_REQUEST' },
  { name: 'no Host', bytes: 'GET /v1/me HTTP/1.1\r\n\r\n', status: 400, code: 'MCS_BAD_REQUEST' },
  {
    name: 'large headers',
    bytes: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    status: 431,
    code: 'MCS_HEADERS_TOO_LARGE'
  },
  {
    name: 'another expectation',
    bytes: 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n',
    status: 417,
    code: 'MCS_EXPECTATION_FAILED'
  }
]

t.test('a request that Node refuses is answered with a code', async t => {
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  for (const { name, bytes, status, code } of refusedByNode) {
    const connection = await openRawConnection(t, port)
    connection.send(bytes)
    await connection.untilAnswered()
    const [head = '', body = ''] = connection.text().split('\r\n\r\n')
    t.match(JSON.parse(body), { statusCode: status, code }, name)
    t.match(head, new RegExp(`^HTTP/1.1 ${status} .*content-type: application/json`, 'is'))
  }
})

t.test('without the schema, requests are answered with 503 and Retry-After', async t => {
  const { pool: empty } = await freshDatabase(t)
  await empty.query('drop schema public cascade; create schema public')
  const api = await queryApi(t, empty, () => NOW)
  for (const answer of [
    await api.get('/v1/calls'),
    await api.get('/v1/calls', `mcs_${'x'.repeat(43)}`),
    await api.post('/v1/session', { key: `mcs_${'x'.repeat(43)}` })
  ]) {
    t.match(answer.json(), { statusCode: 503, code: 'MCS_NOT_MIGRATED' })
    t.match(answer.headers, { 'retry-after': /^\d+$/ })
  }
})
