import t, { type Test } from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { profile, profileStatus } from '../../../src/mightycall/rest/routes/profile.js'
import { team } from '../../../src/mightycall/rest/routes/team.js'
import { SIMULATED_API_KEY } from '../../../src/simulator/notifications.js'
import { simulatedMightyCall, simulatedRest } from '../../support/simulated-mightycall.js'

const credentials = (secret: string, id = SIMULATED_API_KEY) => ({
  grant_type: 'client_credentials',
  client_id: id,
  client_secret: secret
})

/** Starts a simulated MightyCall; `token` requests a token from it. */
async function access(t: Test, options: Parameters<typeof simulatedMightyCall>[1] = {}) {
  const simulated = await simulatedMightyCall(t, options)
  const token = async (form: Record<string, string>, apiKey = simulated.apiKey) => {
    const { status, json } = await simulated.get('/v4/auth/token', {
      method: 'POST',
      headers: { 'x-api-key': apiKey },
      body: new URLSearchParams(form)
    })
    return { status, ...json() }
  }
  const signedIn = (token: string, apiKey = simulated.apiKey) => ({
    headers: { authorization: `Bearer ${token}`, 'x-api-key': apiKey }
  })
  return { ...simulated, token, signedIn, key: simulated.userKeys[101] ?? '' }
}

t.test('a token is valid for a day minus one second, and its refresh token once', async t => {
  const { token, get, signedIn, clock, key } = await access(t)
  const issued = await token(credentials(key))
  t.match(issued, { status: 200, token_type: 'bearer', expires_in: 86_399 })
  t.equal((await get('/v4/api/profile', signedIn(issued.access_token))).status, 200)
  clock.set(clock.now().getTime() + 86_399_000)
  t.equal((await get('/v4/api/profile', signedIn(issued.access_token))).status, 401, 'the token has expired')
  const again = await token({ grant_type: 'refresh_token', refresh_token: issued.refresh_token })
  t.equal((await get('/v4/api/profile', signedIn(again.access_token))).status, 200)
  t.match(await token({ grant_type: 'refresh_token', refresh_token: issued.refresh_token }), {
    status: 400,
    error: 'invalid_grant'
  })
})

t.test('without both keys there is no token, and without a token no access', async t => {
  const { token, get, signedIn, key } = await access(t)
  t.match(await token(credentials('wrong')), { status: 400, error: 'invalid_client' })
  t.match(await token(credentials(key, 'wrong')), { status: 400, error: 'invalid_client' })
  t.match(await token(credentials(key), 'wrong'), { status: 400, error: 'invalid_client' })
  t.match(await token({ grant_type: 'password' }), { status: 400, error: 'unsupported_grant_type' })
  t.equal((await get('/v4/api/calls')).status, 401)
  const { access_token } = await token(credentials(key))
  t.equal((await get('/v4/api/calls', signedIn(access_token, 'wrong'))).status, 401)
  t.equal((await get('/v4/api/calls', signedIn('wrong'))).status, 401)
})

t.test('a user without a key signs in by extension in a classic account, and never in a contact center', async t => {
  const classic = await access(t, { companyOptions: { presenceChanges: 0 } })
  t.strictSame(Object.keys(classic.userKeys), ['101'], 'the others have no key')
  t.match(await classic.token(credentials('102')), { status: 200 })
  t.match(await classic.token(credentials('101')), { status: 400 }, 'a user who has a key needs it')
  const center = await access(t, { companyOptions: { family: 'contact-center', presenceChanges: 0 } })
  t.match(await center.token(credentials('102')), { status: 400 })
})

t.test('each user sees their own profile and presence', async t => {
  const { rest, account, client, truth } = await simulatedRest(t)
  for (const { extension, presence, hasUserKey } of truth().presence) {
    if (!hasUserKey) continue
    const own = rest.clientOf(account, String(extension))
    t.match((await own.send(profile, {}, 'sync')).body, { extension })
    t.match((await own.send(profileStatus, {}, 'sync')).body, { status: presence })
  }
  await t.rejects(rest.clientOf({ ...account, userKeys: { 101: 'wrong' } }, '101').send(profile, {}, 'sync'), {
    code: 'MCS_REST_AUTH'
  })
  t.match(
    (await client.send(profile, {}, 'sync')).body,
    { extension: '101' },
    'wrong credentials do not affect other clients'
  )
})

t.test('2,500 requests are accepted in 24 h, and the next only when the first is a day old', async t => {
  const { client, clock, get, apiKey } = await simulatedRest(t)
  const began = clock.now().getTime()
  // a request without a token counts too
  const send = async () => (await get('/v4/api/team', { headers: { 'x-api-key': apiKey } })).status
  t.equal(await send(), 401)
  clock.set(began + HOUR_MS)
  for (let sent = 1; sent < 2_500; sent += 49)
    t.equal(
      (await Promise.all(Array.from({ length: Math.min(49, 2_500 - sent) }, send))).every(status => status === 401),
      true
    )
  t.match((await get('/faults')).json(), { requestsInDay: 2_500 })
  await t.rejects(client.send(team, {}, 'sync'), {
    code: 'MCS_REST_BLOCKED',
    message: new RegExp(new Date(began + 24 * HOUR_MS).toISOString())
  })
  t.equal((await get('/v4/api/ping', { headers: { 'x-api-key': apiKey } })).status, 200, 'a ping is not counted')
  clock.set(began + 24 * HOUR_MS)
  t.strictSame([await send(), await send()], [401, 429], 'each request that leaves the window makes room for one')
})
