import t, { type Test } from 'tap'
import type { Account } from '../../../src/accounts/accounts.js'
import { endBackfill, saveProgress, saveWaiting } from '../../../src/reconcile/backfill/store.js'
import { ACCOUNT } from '../../reconcile/support/recording-reader.js'
import { freshDatabase } from '../../support/database.js'
import { queryApi } from '../../support/query-api.js'

const NOW = new Date('2026-11-23T08:00:00Z')
const URL = '/v1/backfills'
const OCTOBER = { since: '2026-10-01', until: '2026-11-01' }

async function setUp(t: Test, accounts: Account[] = [ACCOUNT], now = () => NOW) {
  const { pool } = await freshDatabase(t)
  let wakes = 0
  const api = await queryApi(t, pool, now, {
    syncable: () => accounts,
    wake: () => {
      wakes++
    }
  })
  const begin = async (payload: object) =>
    (await api.post(URL, payload)).json<{ outcome: string; backfill: { id: string; until: string } }>()
  return { pool, api, begin, wakes: () => wakes }
}

t.test('a backfill is started, and shows its progress, what it waits for and how it ended', async t => {
  const { pool, api, begin, wakes } = await setUp(t)
  const begun = await begin(OCTOBER)
  const { id } = begun.backfill
  const route = (name: string) => ({ route: name, readFrom: '2026-11-01T00:00:00.000Z', rows: 0, requests: 0 })
  t.strictSame(begun, {
    outcome: 'begun',
    backfill: {
      id,
      account: 'default',
      since: '2026-10-01T00:00:00.000Z',
      until: '2026-11-01T00:00:00.000Z',
      state: 'running',
      startedAt: NOW.toISOString(),
      finishedAt: null,
      done: 0,
      waiting: null,
      failed: null,
      routes: [route('calls'), route('voicemails'), route('journal')]
    }
  })
  t.equal(wakes(), 1, 'the runner is woken at once')
  await saveProgress(pool, id, { route: 'calls', readFrom: new Date('2026-10-01'), rows: 7 })
  await saveProgress(pool, id, { route: 'journal', readFrom: new Date('2026-10-16T12:00:00Z'), rows: 9 })
  await saveWaiting(pool, id, { code: 'MCS_QUOTA', until: NOW })
  t.match((await api.get(`${URL}/${id}`)).json(), {
    done: 0.5,
    waiting: { code: 'MCS_QUOTA', until: NOW.toISOString() },
    routes: [{ rows: 7 }, { rows: 0 }, { rows: 9 }]
  })
  await endBackfill(pool, id, { state: 'failed', now: NOW, failed: { code: 'MCS_REST_AUTH', message: 'no' } })
  t.match((await api.get(URL)).json(), {
    data: [
      {
        id,
        state: 'failed',
        finishedAt: NOW.toISOString(),
        waiting: null,
        failed: { code: 'MCS_REST_AUTH', message: 'no' }
      }
    ]
  })
})

t.test('rejects an unknown account', async t => {
  const { pool, api } = await setUp(t)
  const answer = await api.post(URL, { ...OCTOBER, account: 'nobody' })
  t.match(answer.json(), { statusCode: 404, message: 'there is no such account' })
  t.equal((await pool.query('select from backfills')).rowCount, 0)
})

t.test(
  'a request for the running interval joins it, another interval is rejected, and concurrent requests start only one',
  async t => {
    const { api, begin } = await setUp(t)
    const outcomes = await Promise.all([
      begin(OCTOBER),
      begin(OCTOBER),
      begin({ since: '2026-10-01T00:00:00Z', until: '2026-11-01T01:00:00+01:00' })
    ])
    t.strictSame(outcomes.map(({ outcome }) => outcome).sort(), ['begun', 'joined', 'joined'])
    t.equal(new Set(outcomes.map(({ backfill }) => backfill.id)).size, 1)
    const other = await api.post(URL, { since: '2026-09-01', until: '2026-10-01' })
    t.match([other.statusCode, other.json()], [409, { code: 'MCS_BACKFILL_RUNNING' }])
    const stopped = await api.remove(`${URL}/${outcomes[0]?.backfill.id}`)
    t.match([stopped.statusCode, stopped.json()], [200, { state: 'stopped', finishedAt: NOW.toISOString() }])
    t.match(await begin({ since: '2026-09-01', until: '2026-10-01' }), { outcome: 'begun' })
  }
)

t.test('without an end, or with an end in the future, a backfill ends at the time of its first request', async t => {
  let now = NOW
  const { api, begin } = await setUp(t, [ACCOUNT], () => now)
  const {
    backfill: { id, until }
  } = await begin({ since: '2026-11-01' })
  t.equal(until, NOW.toISOString())
  now = new Date('2026-11-24T08:00:00Z')
  t.match(await begin({ since: '2026-11-01' }), { outcome: 'joined', backfill: { id, until } })
  await api.remove(`${URL}/${id}`)
  t.match(await begin({ since: '2026-11-01' }), { outcome: 'resumed', backfill: { id, until } })
  await api.remove(`${URL}/${id}`)
  t.match(await begin({ since: '2026-11-01', until: '2027-01-01' }), {
    outcome: 'begun',
    backfill: { until: now.toISOString() }
  })
})

t.test('accounts backfill in parallel, and with several accounts the request must name one', async t => {
  const { api } = await setUp(t, [
    { ...ACCOUNT, id: 'acme' },
    { ...ACCOUNT, id: 'globex' }
  ])
  t.match((await api.post(URL, OCTOBER)).json(), { statusCode: 400, message: /choose one/ })
  for (const account of ['acme', 'globex'])
    t.match((await api.post(URL, { ...OCTOBER, account })).json(), { outcome: 'begun', backfill: { account } })
  t.match((await api.get(`${URL}?account=globex`)).json(), { data: [{ account: 'globex' }] })
  t.equal((await api.get(URL)).json<{ data: unknown[] }>().data.length, 2)
})

for (const [name, payload, message] of [
  ['no since', { until: '2026-11-01' }, /since/],
  ['not an instant', { since: "'; drop table backfills; --" }, /since must be an instant/],
  ['a day that does not exist', { since: '2026-02-31' }, /since must be/],
  ['a number', { since: 20_261_001 }, /since must be/],
  ['since after until', { since: '2026-11-02', until: '2026-11-01' }, /before until/],
  ['an empty interval', { since: '2026-11-01', until: '2026-11-01' }, /before until/],
  ['an interval in the future', { since: '2026-12-01' }, /in the past/],
  ['more than a year', { since: '2025-11-22T07:59:59Z' }, /at most 366 days/],
  ['an invalid account id', { ...OCTOBER, account: '../etc' }, /account/],
  ['an unknown parameter', { ...OCTOBER, routes: ['calls'] }, /routes/],
  ['a list', [OCTOBER], /object/]
] as const) {
  t.test(`rejects ${name}`, async t => {
    const { pool, api, wakes } = await setUp(t)
    t.match((await api.post(URL, payload)).json(), { statusCode: 400, message })
    t.equal((await pool.query('select from backfills')).rowCount, 0)
    t.equal(wakes(), 0)
  })
}

t.test(
  'a process without the role reconcile starts no backfills, but shows and stops those of other processes',
  async t => {
    const { pool, begin } = await setUp(t)
    const {
      backfill: { id }
    } = await begin(OCTOBER)
    const api = await queryApi(t, pool, () => NOW, { syncable: () => [ACCOUNT] })
    const answer = await api.post(URL, { since: '2026-09-01', until: '2026-10-01' })
    t.match([answer.statusCode, answer.json()], [503, { code: 'MCS_NOT_RECONCILING' }])
    t.match((await api.get(URL)).json(), { data: [{ id }] })
    t.match((await api.remove(`${URL}/${id}`)).json(), { state: 'stopped' })
    for (const path of ['/999', '/999999999999999999']) t.equal((await api.get(URL + path)).statusCode, 404)
    t.equal((await api.remove(`${URL}/999`)).statusCode, 404)
    t.equal((await api.get(`${URL}/x`)).statusCode, 400)
    t.equal((await api.get(URL, 'wrong')).statusCode, 401)
    t.equal((await api.app.inject({ method: 'POST', url: URL, payload: OCTOBER })).statusCode, 401)
    const viewer = { actor: 'k', role: 'org_admin', account: 'default', organization: null } as const
    const another = await queryApi(t, pool, () => NOW, {
      syncable: () => [ACCOUNT],
      wake: () => {},
      viewers: { another: viewer }
    })
    t.equal(
      (await another.post(URL, OCTOBER, 'another')).statusCode,
      403,
      'only platform administrators may start a backfill'
    )
  }
)
