import { pino } from 'pino'
import t from 'tap'
import { refreshQuotaGauge } from '../../../src/app/gauges.js'
import { createHttp } from '../../../src/http/server.js'
import { createQuotaLedger } from '../../../src/mightycall/rest/quota/ledger.js'
import { createQuotaUsage } from '../../../src/mightycall/rest/quota/usage.js'
import { createMetrics, metricsRoute } from '../../../src/observability/metrics.js'
import { freshDatabase } from '../../support/database.js'
import { queryApi } from '../../support/query-api.js'

const NOW = new Date('2026-11-23T08:00:00Z')
const LATER = new Date('2026-11-23T09:00:00Z')
const ACCOUNTS = [
  { id: 'b', apiKey: 'key-two' },
  { id: 'a', apiKey: 'key-one' },
  { id: 'c', apiKey: 'key-one' },
  { id: 'd', apiKey: null }
]

async function databaseWithUsage(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const ledger = createQuotaLedger(pool, 20)
  await ledger.take('key-one', 'action', new Date('2026-11-22T08:00:00Z')) // outside the 24 h window
  for (let i = 0; i < 3; i++) await ledger.take('key-one', 'sync', NOW)
  for (let i = 0; i < 7; i++) await ledger.take('key-one', 'backfill', NOW)
  await ledger.take('key-two', 'reconcile', NOW)
  await ledger.block('key-two', LATER)
  return pool
}

t.test('the quota is reported per account: the use, the rest for each class, and the end of a block', async t => {
  const api = await queryApi(t, await databaseWithUsage(t), () => NOW, { accounts: ACCOUNTS })
  const { data } = (await api.get('/v1/quota')).json<{ data: { account: string }[] }>()
  const one = {
    budget: 20,
    used: 10,
    left: 10,
    blockedUntil: null,
    classes: {
      action: { used: 0, left: 10 },
      sync: { used: 3, left: 9 },
      reconcile: { used: 0, left: 7 },
      backfill: { used: 7, left: 4 }
    }
  }
  t.strictSame(data, [
    { account: 'a', ...one },
    {
      account: 'b',
      budget: 20,
      used: 1,
      left: 0,
      blockedUntil: LATER.toISOString(),
      classes: {
        action: { used: 0, left: 0 },
        sync: { used: 0, left: 0 },
        reconcile: { used: 1, left: 0 },
        backfill: { used: 0, left: 0 }
      }
    },
    { account: 'c', ...one }
  ])
  t.strictSame((await api.get('/v1/quota?account=c&account=d')).json(), { data: [{ account: 'c', ...one }] })
  t.equal((await api.get('/v1/quota?foo=1')).statusCode, 400)
  t.equal((await api.get('/v1/quota', 'wrong')).statusCode, 401)
})

t.test('a block that is over is not reported', async t => {
  const api = await queryApi(t, await databaseWithUsage(t), () => LATER, { accounts: ACCOUNTS })
  t.match((await api.get('/v1/quota?account=b')).json(), { data: [{ left: 19, blockedUntil: null }] })
})

t.test('the metric reports the use of existing accounts, and is absent when Postgres is unreachable', async t => {
  const pool = await databaseWithUsage(t)
  const accounts = [...ACCOUNTS]
  const usage = createQuotaUsage({ pool, accounts: { all: () => accounts }, budget: 20, now: () => NOW })
  let quotaUsage = usage
  const metrics = createMetrics()
  const app = createHttp({ logger: pino({ level: 'silent' }), trustProxy: false })
  t.teardown(() => app.close())
  await app.register(metricsRoute, {
    metrics,
    refresh: () => refreshQuotaGauge(metrics, quotaUsage),
    authenticate: async () => {}
  })
  const series = async () =>
    (await app.inject('/metrics')).body.split('\n').filter(line => line.startsWith('mcs_quota_used_requests{'))
  t.strictSame(
    (await series()).slice(0, 4),
    ['action', 'sync', 'reconcile', 'backfill'].map(
      (name, i) => `mcs_quota_used_requests{account="a",class="${name}"} ${[0, 3, 0, 7][i]}`
    )
  )
  accounts.splice(1, 3)
  t.equal((await series()).length, 4, 'only the remaining account is reported')
  quotaUsage = () => Promise.reject(new Error('Postgres is unreachable'))
  t.strictSame(await series(), [])
})
