import t from 'tap'
import { loadConfig } from '../../src/config/config.js'
import webhooks from '../../src/receive/webhooks.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { NOW } from '../support/projection.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'

t.test(
  'the security headers allow only resources of the service, and the documentation page works under them',
  async t => {
    const { pool } = await freshDatabase(t)
    const { app, get } = await queryApi(t, pool, () => NOW)
    const { headers } = await get('/v1/calls')
    t.match(headers, {
      'content-security-policy': /default-src 'self';.*frame-ancestors 'none'/,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store'
    })
    t.notOk(headers['strict-transport-security'])
    t.match((await get('/v1/calls', 'wrong')).headers, {
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store'
    })
    const page = await app.inject('/docs/')
    const policy = String(page.headers['content-security-policy'])
    t.notMatch(policy, /https?:|upgrade-insecure|validator|unsafe-eval/)
    t.match(policy, /script-src 'self'/)
    for (const [, path = ''] of page.body.matchAll(/(?:src|href)="\.?\/?((?:docs\/)?static\/[^"]+)"/g))
      t.equal((await app.inject(`/docs/${path.replace('docs/', '')}`)).statusCode, 200, path)
    t.notMatch(page.body, /<script>(?!<)/, 'no inline script, which the policy would block')
  }
)

t.test('a service with an https URL sends HSTS, without includeSubDomains', async t => {
  const { pool } = await freshDatabase(t)
  const { get } = await queryApi(t, pool, () => NOW, { publicUrl: 'https://calls.example.com' })
  t.equal((await get('/v1/calls')).headers['strict-transport-security'], 'max-age=15552000')
})

t.test('only configured origins may send cross-origin requests, and never with cookies', async t => {
  const { pool } = await freshDatabase(t)
  const allowed = 'https://dashboard.example.com'
  const [closed, open] = [
    await queryApi(t, pool, () => NOW),
    await queryApi(t, pool, () => NOW, { corsOrigins: [allowed] })
  ]
  const preflight = ({ app }: typeof open, origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/v1/calls',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
    })
  t.notOk((await preflight(closed, allowed)).headers['access-control-allow-origin'])
  t.match((await preflight(open, allowed)).headers, {
    'access-control-allow-origin': allowed,
    'access-control-allow-headers': /authorization/
  })
  t.notOk((await preflight(open, allowed)).headers['access-control-allow-credentials'])
  t.not((await preflight(open, 'https://evil.example')).headers['access-control-allow-origin'], 'https://evil.example')
  const answer = await open.app.inject({
    url: '/v1/calls',
    headers: { origin: allowed, authorization: `Bearer ${ADMIN_API_KEY}` }
  })
  t.match(answer, { statusCode: 200, headers: { 'access-control-allow-origin': allowed } })
  t.throws(() => loadConfig({ CORS_ORIGINS: '*' }), /CORS_ORIGINS/)
  t.strictSame(loadConfig({ CORS_ORIGINS: `${allowed},http://localhost:3000` }).corsOrigins, [
    allowed,
    'http://localhost:3000'
  ])
})

t.test('the rate limit applies to each key separately', async t => {
  const { pool } = await freshDatabase(t)
  const { get, post } = await queryApi(t, pool, () => NOW, { limits: { requestsPerMinute: 3 } })
  const { key } = (await post('/v1/keys', { label: 'other', role: 'viewer' })).json<{ key: string }>()
  const responses = []
  for (let i = 0; i < 4; i++) responses.push(await get('/v1/calls', key))
  t.strictSame(
    responses.map(({ statusCode }) => statusCode),
    [200, 200, 200, 429]
  )
  t.match(responses[3]?.json(), { code: 'MCS_RATE_LIMITED' })
  t.ok(Number(responses[3]?.headers['retry-after']) > 0)
  t.equal((await get('/v1/calls')).statusCode, 200)
})

t.test('bodies and query strings that are too large are rejected', async t => {
  const { pool } = await freshDatabase(t)
  const { post, get } = await queryApi(t, pool, () => NOW)
  t.equal((await post('/v1/organizations', { account: 'acme', name: 'x'.repeat(70_000) })).statusCode, 413)
  t.equal((await get(`/v1/calls?${Array.from({ length: 51 }, (_, i) => `extension=${i}`).join('&')}`)).statusCode, 400)
})

t.test('infinite and overlong numbers are invalid parameters', async t => {
  const { pool } = await freshDatabase(t)
  const { get } = await queryApi(t, pool, () => NOW)
  for (const number of ['Infinity', '-Infinity', '1e999', '9'.repeat(400)]) {
    for (const query of [`drift?limit=${number}`, `calls?limit=${number}`, `calls?minDurationSeconds=${number}`])
      t.match((await get(`/v1/${query}`)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, query)
  }
})

t.test('under overload webhooks are accepted and queries are rejected', async t => {
  const { pool } = await freshDatabase(t)
  const { app, get } = await queryApi(t, pool, () => NOW, {
    limits: { maxEventLoopDelayMs: 20 },
    alongside: async app =>
      app.register(webhooks, {
        accountOf: () => ({ id: 'default', apiKey: null, region: 'US' }),
        append: async () => {},
        now: () => NOW,
        onResult: () => {}
      })
  })
  const busy = setInterval(() => {
    for (const end = performance.now() + 150; performance.now() < end; );
  }, 1)
  t.teardown(() => clearInterval(busy))
  await eventually('queries are rejected', async () => (await get('/v1/calls')).statusCode === 503)
  const [webhook, query] = await Promise.all([
    app.inject({
      method: 'POST',
      url: `/webhooks/mightycall/${'t'.repeat(43)}`,
      payload: { EventType: 'IncomingCall' }
    }),
    get('/v1/calls')
  ])
  t.equal(webhook.statusCode, 200)
  t.match(
    { retry: query.headers['retry-after'], ...query.json<object>() },
    { retry: '5', statusCode: 503, code: 'MCS_BUSY' }
  )
  clearInterval(busy)
  await eventually('queries are accepted again', async () => (await get('/v1/calls')).statusCode === 200)
})
