import { pino } from 'pino'
import t, { type Test } from 'tap'
import { QuotaError } from '../../../src/errors.js'
import { systemClock } from '../../../src/lib/clock.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { createQuotaLedger } from '../../../src/mightycall/rest/quota/ledger.js'
import { createRest } from '../../../src/mightycall/rest/rest.js'
import { createFactAppender } from '../../../src/reconcile/append-facts.js'
import type { RouteReader } from '../../../src/reconcile/route-reader.js'
import { createSync } from '../../../src/reconcile/sync.js'
import { ACCOUNT, NO_DOUBTFUL_CALLS, numberReported, readerOf } from '../../reconcile/support/recording-reader.js'
import { freshDatabase } from '../../support/database.js'
import { openProjectedLog } from '../../support/projected-log.js'
import { queryApi } from '../../support/query-api.js'

const AT = '2026-11-23T09:00:00.000Z'
const URL = '/api/admin/mightycall/sync'

/** Sets up the API of a service that syncs with these readers and projects what they read. */
async function setUpSync(t: Test, readers: RouteReader[], accounts = [ACCOUNT]) {
  const { pool } = await freshDatabase(t)
  const logger = pino({ level: 'silent' })
  const log = await openProjectedLog(t, pool, systemClock.now)
  const rest = createRest({
    quota: createQuotaLedger(pool, 2_000),
    logger,
    now: systemClock.now,
    random: () => 0.5,
    onDrift: () => {}
  })
  const sync = createSync({
    pool,
    append: createFactAppender({ pool, log }).append,
    rest,
    readers,
    longestCallMs: 12 * HOUR_MS,
    doubtfulCalls: NO_DOUBTFUL_CALLS,
    clock: systemClock,
    logger
  })
  return { pool, api: await queryApi(t, pool, systemClock.now, { sync, syncable: () => accounts }) }
}

t.test('a sync responds once its rows are projected', async t => {
  const { pool, api } = await setUpSync(t, [
    readerOf('numbers', () => [[numberReported('+15551000001', AT)], [numberReported('+15551000002', AT)]])
  ])
  const answer = await api.post(URL)
  t.strictSame([answer.statusCode, answer.json()], [200, { success: true, phones: 2, extensions: 0 }])
  t.equal((await pool.query('select from phone_numbers')).rowCount, 2)
  t.match((await api.get('/v1/sync')).json(), {
    data: [
      {
        account: 'default',
        failed: null,
        finishedAt: /Z$/,
        steps: [{ route: 'numbers', scope: null, state: 'done', rows: 2 }]
      }
    ]
  })
})

t.test('concurrent syncs share one run', async t => {
  const reader = readerOf('numbers', () => [[numberReported('+15551000001', AT)]])
  const { api } = await setUpSync(t, [reader])
  const answers = await Promise.all([api.post(URL), api.post(URL)])
  t.strictSame(
    answers.map(answer => answer.json()),
    Array(2).fill({ success: true, phones: 1, extensions: 0 })
  )
  t.equal(reader.reads.length, 1)
  await api.post(URL)
  t.equal(reader.reads.length, 2)
})

t.test('a failed sync names the reason, and reveals nothing else about the error', async t => {
  const secret = 'postgres://hunter2'
  const errors = [new QuotaError(AT), new Error(secret)]
  const { api } = await setUpSync(t, [readerOf('numbers', read => [errors[read] ?? []])])
  const quota = await api.post(URL)
  t.match(
    [quota.statusCode, quota.json()],
    [500, { error: 'mightycall_sync_failed', reason: 'quota', detail: 'MCS_QUOTA', message: /is used up until/ }]
  )
  const other = await api.post(URL)
  t.match(
    [other.statusCode, other.json()],
    [500, { error: 'mightycall_sync_failed', reason: 'sync', detail: 'MCS_INTERNAL' }]
  )
  t.notMatch(other.body, secret)
  t.match((await api.get('/v1/sync')).json(), { data: [{ failed: 'sync', steps: [{ state: 'failed' }] }] })
})

t.test('the admin of an account syncs that account only, and the actor is recorded', async t => {
  const reader = readerOf('numbers', () => [[numberReported('+15551000001', AT)]])
  const { api } = await setUpSync(t, [reader], [ACCOUNT, { ...ACCOUNT, id: 'globex' }])
  const { key, id } = (await api.post('/v1/keys', { label: 'x', role: 'platform_admin', account: ACCOUNT.id })).json<{
    key: string
    id: string
  }>()
  const accounts = async (path: string, key?: string) =>
    (await api.get(path, key)).json<{ data: { account: string }[] }>().data.map(({ account }) => account)
  t.equal((await api.post(`${URL}?account=globex`, undefined, key)).statusCode, 404)
  t.equal((await api.post(URL, undefined, key)).statusCode, 200)
  t.strictSame([reader.reads.length, await accounts('/v1/sync')], [1, [ACCOUNT.id]])
  await api.post(`${URL}?account=globex`)
  t.strictSame([await accounts('/v1/sync'), await accounts('/v1/sync', key)], [[ACCOUNT.id, 'globex'], [ACCOUNT.id]])
  t.strictSame(
    [await accounts(`/v1/audit?action=sync.begun&actor=${id}`), await accounts('/v1/audit?action=sync.begun', key)],
    [[ACCOUNT.id], [ACCOUNT.id]]
  )
})

t.test(
  'a sync is rejected without credentials, with an invalid account, and by a process without the role reconcile',
  async t => {
    const { api, pool } = await setUpSync(t, [], [])
    t.match((await api.post(URL)).json(), { reason: 'auth', message: /MIGHTYCALL_USER_KEY/ })
    t.equal((await api.post(`${URL}?account=${'x'.repeat(40)}`)).statusCode, 400)
    const withoutSync = await queryApi(t, pool, systemClock.now)
    t.match((await withoutSync.post(URL)).json(), { reason: 'sync', detail: 'MCS_NOT_READY' })
    t.strictSame((await withoutSync.get('/v1/sync')).json(), { data: [] })
    t.equal((await withoutSync.app.inject({ method: 'POST', url: URL })).statusCode, 401)
  }
)
