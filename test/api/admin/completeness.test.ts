import pg from 'pg'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { refreshGapGauge } from '../../../src/app/gauges.js'
import { createHttp } from '../../../src/http/server.js'
import { createMetrics, metricsRoute } from '../../../src/observability/metrics.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { LONG_AFTER, projectedLossyCompany } from '../../support/lossy-company.js'
import { queryApi } from '../../support/query-api.js'

interface Answer {
  hours: { account: string; businessNumber: string | null; state: string }[]
  gaps: { id: string; missing: string; businessNumber: string; healedBy: string }[]
  statistics: { account: string; reportedCalls: number; lossyCalls: number }[]
  nextCursor: string | null
}

const ACCOUNTS = [
  { id: 'default', apiKey: null },
  { id: 'silent', apiKey: null }
]
const SPAN = 'since=2026-11-23&until=2026-11-24T12:00:00Z'

async function api(t: Test) {
  const company = await projectedLossyCompany(t)
  await detectGaps(company.pool, { account: 'default', now: LONG_AFTER, since: new Date(COMPANY_START) })
  const { get } = await queryApi(t, company.pool, () => LONG_AFTER, { accounts: ACCOUNTS })
  return { ...company, get, ask: async (query: string) => (await get(`/v1/completeness?${query}`)).json<Answer>() }
}

t.test('hours, gaps and statistics are reported by account and business number', async t => {
  const { ask, missing, truth } = await api(t)
  const all = await ask(`${SPAN}&limit=500`)
  t.strictSame(new Map(all.gaps.map(({ id, missing }) => [id, missing])).size, missing.size)
  t.match(
    all.gaps,
    all.gaps.map(({ id }) => ({ id, missing: missing.get(id), healedBy: 'rest' }))
  )
  t.match(all.statistics, [
    { account: 'default', reportedCalls: truth.calls.length, lossyCalls: missing.size },
    { account: 'silent', reportedCalls: 0 }
  ])
  t.strictSame(
    [...new Set(all.hours.filter(({ account }) => account === 'silent').map(({ state }) => state))],
    ['unknown'],
    'the hours of an account that was never read are unknown'
  )

  const [number = ''] = truth.calls.map(call => call.businessNumber)
  const one = await ask(`${SPAN}&limit=500&account=default&businessNumber=${encodeURIComponent(number)}`)
  t.strictSame([...new Set([...one.hours, ...one.gaps].map(({ businessNumber }) => businessNumber))], [number])
  t.equal(one.gaps.length, all.gaps.filter(({ businessNumber }) => businessNumber === number).length)
})

t.test('gaps are returned in pages', async t => {
  const { ask } = await api(t)
  const all = await ask(`${SPAN}&limit=500`)
  const seen: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { gaps, nextCursor }: Answer = await ask(`${SPAN}&limit=4${cursor && `&cursor=${cursor}`}`)
    seen.push(...gaps)
    cursor = nextCursor
  }
  t.strictSame(seen, all.gaps)
})

const REJECTED_QUERIES = [
  'foo=1',
  'limit=0',
  'limit=501',
  'account=A',
  'account=',
  'cursor=abc',
  `cursor=${Buffer.from('["x","\\u0000"]').toString('base64url')}`,
  'since=yesterday',
  'until=2026-13-01',
  'since=%00',
  'since=2026-11-24&until=2026-11-23',
  'since=2026-11-23&until=2026-11-23',
  'since=2026-01-01&until=2026-03-01',
  'since=2027-01-01',
  'businessNumber=',
  `businessNumber=${'1'.repeat(101)}`,
  [
    'since=2026-11-01&until=2026-12-01',
    ...Array.from({ length: 50 }, (_, i) => `businessNumber=${15550100000 + i}`),
    ...Array.from({ length: 50 }, (_, i) => `account=a${i}`)
  ].join('&')
]

t.test('invalid queries are rejected with a code', async t => {
  const { pool } = await freshDatabase(t)
  const { get } = await queryApi(t, pool, () => LONG_AFTER, { accounts: ACCOUNTS })
  for (const query of REJECTED_QUERIES) {
    const answer = await get(`/v1/completeness?${query}`)
    t.equal(answer.statusCode, 400, query.slice(0, 80))
    t.match(answer.json(), { statusCode: 400, code: /^(MCS|FST)_/ })
  }
  for (const query of [
    'businessNumber=%00',
    "businessNumber=');drop table gaps;--",
    'businessNumber=%ED%A0%80',
    'since=1970-01-01&until=1970-01-02',
    'account=unknown'
  ])
    t.equal((await get(`/v1/completeness?${query}`)).statusCode, 200, query)
  t.equal((await get('/v1/completeness', 'wrong')).statusCode, 401)
})

t.test('the metric counts the open gaps of each account, and is absent when Postgres is unreachable', async t => {
  const { pool, url } = await freshDatabase(t)
  await pool.query(
    `insert into gaps
     select 'default', 'call', n::text, null, $1::timestamptz, 'call', $1::timestamptz,
       case when n > 2 then $1::timestamptz end, null
     from generate_series(1, 5) n`,
    [LONG_AFTER]
  )
  let db = pool
  const metrics = createMetrics()
  const app = createHttp({ logger: pino({ level: 'silent' }), trustProxy: false })
  t.teardown(() => app.close())
  await app.register(metricsRoute, {
    metrics,
    refresh: () => refreshGapGauge(metrics, db, ['default', 'silent']),
    authenticate: async () => {}
  })
  const series = async () =>
    (await app.inject('/metrics')).body.split('\n').filter(line => line.startsWith('mcs_gaps_open{'))
  t.strictSame(await series(), ['mcs_gaps_open{account="default"} 2', 'mcs_gaps_open{account="silent"} 0'])
  db = new pg.Pool({ connectionString: url.replace(/:\d+\//, ':1/') }) // nothing listens on port 1
  t.strictSame(await series(), [])
})
