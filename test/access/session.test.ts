import t, { type Test } from 'tap'
import { HOUR_MS } from '../../src/lib/instant.js'
import { freshDatabase } from '../support/database.js'
import { NOW } from '../support/projection.js'
import { ADMIN_API_KEY, type QueryApiOptions, queryApi } from '../support/query-api.js'

const OWN_ORIGIN = 'http://localhost'

async function api(t: Test, options: QueryApiOptions = {}) {
  const { pool } = await freshDatabase(t)
  const clock = { at: NOW }
  const { app, post, remove } = await queryApi(t, pool, () => clock.at, options)
  const key = (
    await post('/v1/keys', {
      label: 'a person',
      role: 'org_admin',
      account: 'acme',
      organization: (await post('/v1/organizations', { account: 'acme', name: 'Acme' })).json<{ id: string }>().id
    })
  ).json<{ id: string; key: string }>()
  const signIn = (key: string, headers: object = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/session',
      headers: { host: 'localhost', origin: OWN_ORIGIN, ...headers },
      payload: { key }
    })
  const cookieOf = async (key: string) => {
    const [cookie] = (await signIn(key)).cookies
    return { [cookie?.name ?? '']: cookie?.value ?? '' }
  }
  const ask = (
    cookies: Record<string, string>,
    url = '/v1/me',
    { method = 'GET', ...headers }: { method?: 'GET' | 'POST' | 'DELETE'; origin?: string; authorization?: string } = {}
  ) => app.inject({ method, url, cookies, headers: { host: 'localhost', ...headers } })
  return {
    pool,
    app,
    post,
    remove,
    key,
    signIn,
    cookieOf,
    ask,
    later: (ms: number) => {
      clock.at = new Date(clock.at.getTime() + ms)
    }
  }
}

t.test('a browser signs in with a key, has the access of the key, and signs out', async t => {
  const { pool, key, signIn, ask } = await api(t)
  const signedIn = await signIn(key.key)
  t.match(signedIn.json(), { expiresAt: '2026-11-23T21:00:00.000Z' })
  const [cookie] = signedIn.cookies
  t.match(cookie, { name: 'mcs_session', path: '/', httpOnly: true, sameSite: 'Strict', maxAge: 12 * 3600 })
  t.notOk(cookie?.secure, 'browsers do not send a Secure cookie over http')
  const cookies = { mcs_session: cookie?.value ?? '' }
  t.match((await ask(cookies)).json(), {
    actor: key.id,
    label: 'a person',
    role: 'org_admin',
    account: 'acme',
    organization: { name: 'Acme' },
    keyExpiresAt: null,
    sessionExpiresAt: '2026-11-23T21:00:00.000Z'
  })
  t.equal((await ask(cookies, '/v1/drift')).statusCode, 403)
  t.notMatch(
    JSON.stringify(
      (await pool.query("select encode(digest, 'escape'), encode(key_digest, 'escape') from sessions")).rows
    ),
    cookies.mcs_session
  )
  const signedOut = await ask(cookies, '/v1/session', { method: 'DELETE', origin: OWN_ORIGIN })
  t.match(signedOut.cookies, [{ name: 'mcs_session', value: '' }])
  t.equal((await ask(cookies)).statusCode, 401)
  t.equal(
    (await ask(cookies, '/v1/session', { method: 'DELETE', origin: OWN_ORIGIN })).statusCode,
    200,
    'a second time'
  )
})

t.test('the cookie is Secure when the public URL is https', async t => {
  const { signIn } = await api(t, { publicUrl: 'https://calls.example.com' })
  t.match((await signIn(ADMIN_API_KEY, { host: '10.0.0.1:8080', origin: 'https://calls.example.com' })).cookies, [
    { secure: true }
  ])
})

t.test('a state-changing request with a cookie must come from the own origin', async t => {
  const { key, cookieOf, ask, signIn } = await api(t)
  const cookies = await cookieOf(key.key)
  const revoke = (headers: object) =>
    ask(cookies, '/v1/keys/00000000-0000-4000-8000-000000000000', { method: 'DELETE', ...headers })
  for (const origin of [
    undefined,
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://localhost:81'
  ]) {
    t.match(
      (await revoke(origin === undefined ? {} : { origin })).json(),
      { statusCode: 403, code: 'MCS_CROSS_ORIGIN', message: /Host header.*PUBLIC_URL/ },
      origin ?? 'none'
    )
  }
  t.equal((await revoke({ origin: OWN_ORIGIN })).statusCode, 404)
  t.equal(
    (await revoke({ origin: 'https://evil.example', authorization: `Bearer ${key.key}` })).statusCode,
    404,
    'another site cannot make a browser send a key'
  )
  t.equal(
    (await ask(cookies, '/v1/me', { origin: 'https://evil.example' })).statusCode,
    200,
    'reading changes nothing, and the other page cannot read the response'
  )
  t.equal((await signIn(key.key, { origin: 'https://evil.example' })).statusCode, 403, 'another origin cannot sign in')
  t.equal(
    (await ask(cookies, '/v1/session', { method: 'DELETE', origin: 'https://evil.example' })).statusCode,
    403,
    'another origin cannot sign out'
  )
})

t.test('a session ends after 12 h, or when its key ends', async t => {
  const { pool, post, remove, key, cookieOf, ask, later } = await api(t)
  const expiring = (
    await post('/v1/keys', {
      label: 'short',
      role: 'viewer',
      expiresAt: new Date(NOW.getTime() + HOUR_MS).toISOString()
    })
  ).json<{ key: string }>()
  const [revoked, short, admin] = [await cookieOf(key.key), await cookieOf(expiring.key), await cookieOf(ADMIN_API_KEY)]
  for (const cookies of [revoked, short, admin]) t.equal((await ask(cookies)).statusCode, 200)
  await remove(`/v1/keys/${key.id}`)
  t.equal((await ask(revoked)).statusCode, 401)
  later(HOUR_MS)
  t.equal((await ask(short)).statusCode, 401)
  later(11 * HOUR_MS - 1)
  t.match((await ask(admin)).json(), { actor: 'admin', label: null, organization: null })
  later(1)
  t.equal((await ask(admin)).statusCode, 401)
  await cookieOf(ADMIN_API_KEY)
  t.equal((await pool.query('select from sessions')).rowCount, 1, 'expired sessions are deleted')
})

t.test('a new ADMIN_KEY ends the sessions of the old one', async t => {
  const { pool, cookieOf } = await api(t)
  const cookies = await cookieOf(ADMIN_API_KEY)
  const ask = async (adminKey: string | null) =>
    (await (await queryApi(t, pool, () => NOW, { adminKey })).app.inject({ url: '/v1/me', cookies })).statusCode
  t.strictSame([await ask(ADMIN_API_KEY), await ask(`${ADMIN_API_KEY}-new`), await ask(null)], [200, 401, 401])
})

t.test('failed attempts are limited per address, valid keys are not', async t => {
  const { app, key, pool } = await api(t)
  const from = (remoteAddress: string, authorization: string) =>
    app.inject({ url: '/v1/me', remoteAddress, headers: { authorization } })
  const signIn = (remoteAddress: string, key: string) =>
    app.inject({ method: 'POST', url: '/v1/session', remoteAddress, payload: { key } })
  const attempts = []
  for (let i = 0; i < 16; i++)
    attempts.push(
      (await from('192.0.2.1', `Bearer wrong${i}`)).statusCode,
      (await signIn('192.0.2.1', `wrong${i}`)).statusCode
    )
  t.strictSame(attempts, [...Array(30).fill(401), 429, 429])
  const refused = await from('192.0.2.1', 'Bearer wrong')
  t.match(
    { retry: Number(refused.headers['retry-after']) > 0, ...refused.json<object>() },
    { retry: true, statusCode: 429, code: 'MCS_TOO_MANY_ATTEMPTS' }
  )
  t.equal((await from('192.0.2.1', `Bearer ${key.key}`)).statusCode, 200, 'a valid key from the same address')
  t.equal((await signIn('192.0.2.1', key.key)).statusCode, 200)
  t.equal((await from('192.0.2.2', 'Bearer wrong')).statusCode, 401, 'another address')
  const { rows } = await pool.query<{ action: string; actor: string; line: string }>(
    "select action, actor, audit_log::text as line from audit_log where action like 'session.%' order by id"
  )
  t.strictSame(
    rows.map(({ action, actor }) => `${action} by ${actor}`),
    [...Array(15).fill('session.refused by nobody'), `session.begun by ${key.id}`],
    'a flood of attempts does not fill the audit log'
  )
  t.notMatch(rows.map(({ line }) => line).join(), /wrong|192\.0/)
})
