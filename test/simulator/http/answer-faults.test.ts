import t from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { team } from '../../../src/mightycall/rest/routes/team.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

const ANSWERS = [
  { answer: 'html', code: 'MCS_REST_UNEXPECTED', message: /not JSON/ },
  { answer: 'truncated', code: 'MCS_REST_UNEXPECTED', message: /not JSON/ },
  { answer: 'error', code: 'MCS_REST_UNAVAILABLE', message: /status 500/ },
  { answer: 'hang', code: 'MCS_REST_UNAVAILABLE', message: /no response within 2000 ms/ },
  { answer: 'huge', code: 'MCS_REST_UNEXPECTED', message: /larger than/ }
] as const

t.test('responses have the requested fault the requested number of times, and are then correct again', async t => {
  const { client, post } = await simulatedRest(t, { limits: { timeoutMs: 2_000 } })
  await client.send(team, {}, 'sync') // get a token first
  for (const { answer, code, message } of ANSWERS) {
    t.match((await post('/faults', { answer, times: 2 })).json(), { answer, times: 2 })
    await t.rejects(client.send(team, {}, 'sync'), { code, message }, answer)
    await t.rejects(client.send(calls, { query: {} }, 'sync'), { code }, answer)
    await client.send(team, {}, 'sync')
  }
})

t.test('a fault can be limited to one route, also to the token route', async t => {
  const { client, post, get } = await simulatedRest(t, { faults: { answer: 'error', path: '/v4/auth' } })
  await t.rejects(client.send(team, {}, 'sync'), { code: 'MCS_REST_UNAVAILABLE' })
  await post('/faults', { answer: 'html', path: '/v4/api/ping' })
  t.match((await get('/v4/api/ping')).body, /<html>/)
  t.equal((await get('/v4/api/team')).status, 401, 'other routes are not affected')
})

t.test('a huge response has 50 MB', async t => {
  const { get, post } = await simulatedRest(t)
  await post('/faults', { answer: 'huge' })
  t.ok((await get('/v4/api/ping')).body.length >= 50 * 1024 ** 2)
})

t.test('the API can be blocked at once and opened again', async t => {
  const { client, clock, post } = await simulatedRest(t, { faults: { blockedForSeconds: 60 } })
  await t.rejects(client.send(team, {}, 'sync'), { code: 'MCS_REST_BLOCKED' })
  clock.set(clock.now().getTime() + 60_000)
  await client.send(team, {}, 'sync')
  await post('/faults', { blockedForSeconds: 3600 })
  const until = new Date(clock.now().getTime() + HOUR_MS)
  await t.rejects(client.send(team, {}, 'sync'), { code: 'MCS_REST_BLOCKED', message: new RegExp(until.toISOString()) })
  t.equal((await post('/faults', { blockedForSeconds: 0 })).status, 200)
})

t.test('an unknown fault is refused', async t => {
  const { post } = await simulatedRest(t)
  t.match(await post('/faults', { answer: 'slow' }), { status: 400, body: /The request is invalid/ })
  t.equal((await post('/faults', { anwser: null })).status, 400)
})
