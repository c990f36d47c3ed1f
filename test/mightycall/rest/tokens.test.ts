import t from 'tap'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { ACCOUNT_API_KEY, json, type Reply, setUpRestClient, USER_KEY } from '../../support/mightycall-api.js'

const TOKEN = 'POST /auth/token'
const LIST = 'GET /api/calls'
const credentials = { grant_type: 'client_credentials', client_id: ACCOUNT_API_KEY, client_secret: USER_KEY }
const refresh = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token })

/** Starts a client whose tokens are numbered. The test can replace the reply to a token request. */
async function signedIn(t: Parameters<typeof setUpRestClient>[0], options: Parameters<typeof setUpRestClient>[1] = {}) {
  let issued = 0
  const issue: Reply = (response, request) => {
    issued++
    json({
      access_token: `token-${issued}`,
      token_type: 'bearer',
      expires_in: 86_399,
      refresh_token: `refresh-${issued}`
    })(response, request)
  }
  const made = await setUpRestClient(t, { ...options, replies: { [TOKEN]: issue, ...options.replies } })
  const list = () => made.client.send(calls, { query: {} }, 'sync')
  const grants = () =>
    made.seen.filter(({ route }) => route === TOKEN).map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
  const bearers = () => made.seen.filter(({ route }) => route === LIST).map(({ headers }) => headers.authorization)
  return { ...made, issue, list, grants, bearers }
}

t.test('a token is requested once for all callers, as documented, and refreshed before it expires', async t => {
  const { list, grants, bearers, advance, seen } = await signedIn(t)
  await Promise.all([list(), list(), list(), list()])
  t.strictSame(grants(), [credentials])
  t.match(seen[0], { headers: { 'x-api-key': ACCOUNT_API_KEY, 'content-type': 'application/x-www-form-urlencoded' } })
  advance(86_399_000 - 5 * 60_000 - 1)
  await list()
  t.equal(grants().length, 1)
  advance(1)
  await Promise.all([list(), list()])
  t.strictSame(grants().slice(1), [refresh('refresh-1')])
  t.equal(bearers().at(-1), 'Bearer token-2')
})

t.test('a refused refresh token is replaced by the credentials', async t => {
  const { list, grants, replies, issue, advance } = await signedIn(t)
  await list()
  replies[TOKEN] = (response, request) =>
    request.body.startsWith('grant_type=refresh_token')
      ? json({ error: 'invalid_grant' }, 400)(response, request)
      : issue(response, request)
  advance(86_400_000)
  await list()
  t.strictSame(grants(), [credentials, refresh('refresh-1'), credentials])
})

t.test('a 401 renews the token once for all requests with the old one', async t => {
  const { list, grants, bearers, replies } = await signedIn(t)
  await list()
  const good = replies[LIST]
  replies[LIST] = (response, request) =>
    request.headers.authorization === 'Bearer token-1'
      ? json({ message: 'Authorization has been denied' }, 401)(response, request)
      : good?.(response, request)
  await Promise.all([list(), list()])
  t.equal(grants().length, 2)
  t.strictSame(bearers().sort(), [
    'Bearer token-1',
    'Bearer token-1',
    'Bearer token-1',
    'Bearer token-2',
    'Bearer token-2'
  ])
})

t.test('token requests back off when even a new token is refused', async t => {
  const { list, grants, advance } = await signedIn(t, { replies: { [LIST]: json({ message: 'denied' }, 401) } })
  await t.rejects(list(), { code: 'MCS_REST_UNAVAILABLE', message: /its own token/ })
  t.equal(grants().length, 2)
  await t.rejects(list(), { code: 'MCS_REST_UNAVAILABLE' })
  t.equal(grants().length, 2)
  advance(1_000)
  await t.rejects(list(), { code: 'MCS_REST_UNAVAILABLE' })
  t.ok(grants().length > 2)
})

t.test('failed token requests back off, and a token that has not expired is still used', async t => {
  const { list, grants, replies, issue, advance } = await signedIn(t, { replies: { [TOKEN]: json({}, 503) } })
  for (const [ms, requests] of [
    [0, 1],
    [999, 1],
    [1, 2],
    [1_999, 2],
    [1, 3],
    [3_999, 3],
    [1, 4]
  ] as const) {
    advance(ms)
    await t.rejects(list(), { code: 'MCS_REST_UNAVAILABLE', message: /status 503/ })
    t.equal(grants().length, requests)
  }
  replies[TOKEN] = issue
  advance(8_000)
  await list()
  replies[TOKEN] = json({}, 503)
  advance(86_399_000 - 60_000)
  await list()
  advance(60_000)
  await t.rejects(list(), { code: 'MCS_REST_UNAVAILABLE' }, 'the token has expired')
})

t.test('invalid_client stops the account with one alarm until it is reloaded', async t => {
  const { client, rest, account, list, grants, lines, replies, issue } = await signedIn(t, {
    userKeys: { 101: USER_KEY, 102: 'the-key-of-102' },
    replies: { [TOKEN]: json({ error: 'invalid_client' }, 400) }
  })
  t.ok((await Promise.allSettled([list(), list(), list()])).every(({ status }) => status === 'rejected'))
  replies[TOKEN] = issue
  await t.rejects(list(), { code: 'MCS_REST_AUTH', message: /invalid_client/ })
  await t.rejects(rest.clientOf(account, '102').send(calls, { query: {} }, 'sync'), { code: 'MCS_REST_AUTH' })
  await t.rejects(client.send(calls, { query: {} }, 'action'), { code: 'MCS_REST_AUTH' })
  t.equal(grants().length, 1)
  t.equal(lines.filter(line => line.includes('"alarm":"rest-credentials"')).length, 1)
  for (const secret of [ACCOUNT_API_KEY, USER_KEY]) t.notMatch(lines.join(''), secret)
  await rest.clientOf({ ...account }, '101').send(calls, { query: {} }, 'sync')
})

for (const { name, answer, at } of [
  { name: 'no token', answer: { token_type: 'bearer', expires_in: 5 }, at: '/' },
  { name: 'a token for two headers', answer: { access_token: 'SECRET\r\nx: y', expires_in: 5 }, at: '/access_token' },
  { name: 'an invalid lifetime', answer: { access_token: 'SECRET', expires_in: 'SECRET' }, at: '/expires_in' },
  { name: 'a string', answer: 'SECRET', at: '/' }
]) {
  t.test(`a token response with ${name} is refused without showing it`, async t => {
    const { list, lines } = await signedIn(t, { replies: { [TOKEN]: json(answer) } })
    await t.rejects(list(), { code: 'MCS_REST_UNEXPECTED', message: `POST /auth/token, unreadable value at ${at}` })
    t.notMatch(lines.join(''), 'SECRET')
  })
}

t.test('without a user key, only a classic user signs in by extension', async t => {
  const { client, rest, account, grants } = await signedIn(t, { userKeys: {} })
  await client.send(calls, { query: {} }, 'sync')
  t.match(grants(), [{ client_secret: '101' }])
  const send = (of: object) => rest.clientOf({ ...account, ...of }, '101').send(calls, { query: {} }, 'sync')
  await t.rejects(send({ kind: 'contact-center' }), { code: 'MCS_REST_AUTH', message: /no user key/ })
  await t.rejects(send({ apiKey: null }), { code: 'MCS_REST_AUTH', message: /no apiKey/ })
  t.equal(grants().length, 1)
})
