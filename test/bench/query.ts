import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import pg from 'pg'
import { fillDatabase } from '../support/large-database.js'
import { type RunningService, startServiceProcess } from '../support/service.js'
import type { Bench, Context } from './context.js'
import { median, percentile } from './figures.js'
import { openDatabase } from './project/database.js'
import { type BenchRequest, requestsFor } from './query/requests.js'
import { createStatementRecorder, replay } from './query/statements.js'

const CLIENTS = 8
const SMALL = 100_000
const GOALS = { ratio: 2, p95Ms: 50 }
const TABLES = [
  'organizations',
  'number_ownerships',
  'phone_numbers',
  'call_history',
  'call_legs',
  'voicemail_logs',
  'sms_logs',
  'events',
  'entities',
  'contacts'
]

type SendRequest = () => Promise<void>

/** Measures twelve requests from eight clients over HTTP, and their SQL statements alone with the same concurrency. */
export const query: Bench = async context => {
  const { print, progress, calls } = context
  progress('starting')
  const { pool } = await openDatabase(context)
  const url = pool.options.connectionString ?? ''
  const service = await startServiceProcess(context, {
    DATA_DIR: path.join(context.dir, 'service'),
    DATABASE_URL: url,
    ROLES: 'query',
    KAFKA_BROKERS: '127.0.0.1:1',
    API_RATE_LIMIT: '0',
    WEBHOOK_TOKENS: 'x'.repeat(43),
    ADMIN_KEY: 'y'.repeat(43)
  })
  const client = createHttpClient(context, service, url)
  const before = calls > SMALL ? await measure({ ...context, print: () => {} }, client, { pool, calls: SMALL }) : null
  const after = await measure(context, client, { pool, calls })
  if (before)
    for (const [name, p95] of after)
      print({ name: `query_${name}_growth`, value: p95 / (before.get(name) ?? Number.NaN), unit: 'x' })
}

/** Returns the p95 of each request over HTTP, in ms. */
async function measure(
  context: Context,
  client: HttpClient,
  { pool, calls }: { pool: pg.Pool; calls: number }
): Promise<Map<string, number>> {
  const { print, progress } = context
  progress(`inserting ${calls} calls`)
  await pool.query(`truncate ${TABLES.join(', ')}`)
  const startedAt = performance.now()
  await fillDatabase(pool, { calls, others: calls / 20, events: 0 })
  print({ name: 'query_fill', value: (performance.now() - startedAt) / 1000, unit: 's' })
  const statementsOf = await createStatementRecorder(context, pool)
  const p95s = new Map<string, number>()
  for (const request of requestsFor(calls, await client.cursorOfPage(100))) {
    progress(`${request.name} of ${calls} calls`)
    const statements = await statementsOf(request.path)
    const { p50, p95, ratio } = await compare(
      context,
      () => client.send(request),
      () => replay(client.pool, statements)
    )
    p95s.set(request.name, p95)
    print({ name: `query_${request.name}_ratio`, value: ratio, unit: 'x', goal: { atMost: GOALS.ratio } })
    print({ name: `query_${request.name}_p50`, value: p50, unit: 'ms' })
    print({ name: `query_${request.name}_p95`, value: p95, unit: 'ms', goal: { atMost: GOALS.p95Ms } })
  }
  return p95s
}

/** Compares both in turns, after a warm-up. The ratio is that of the medians. */
async function compare(
  { rounds, seconds }: Context,
  http: SendRequest,
  sql: SendRequest
): Promise<{ p50: number; p95: number; ratio: number }> {
  for (const send of [http, sql]) await measureDurations(send, 300)
  const all: number[] = []
  const ratios: number[] = []
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const times = await measureDurations(http, seconds * 1000)
    ratios.push(median(times) / median(await measureDurations(sql, seconds * 1000)))
    all.push(...times)
  }
  const sorted = Float64Array.from(all).sort()
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), ratio: median(ratios) }
}

/** Returns the duration of each request in ms, under constant concurrency. */
async function measureDurations(send: SendRequest, forMs: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + forMs
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      do {
        const startedAt = performance.now()
        await send()
        times.push(performance.now() - startedAt)
      } while (performance.now() < end)
    })
  )
  return times
}

type HttpClient = ReturnType<typeof createHttpClient>

function createHttpClient({ teardown }: Context, { url, adminKey }: RunningService, databaseUrl: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS })
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 }) // the pool size of the service
  teardown(async () => {
    agent.destroy()
    await pool.end()
  })
  const get = async (path: string): Promise<string> => {
    const [response] = (await once(
      http.get(url + path, { agent, headers: { authorization: `Bearer ${adminKey}` } }),
      'response'
    )) as [http.IncomingMessage]
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk)
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${body.slice(0, 200)}`)
    return body
  }
  const cursorOfPage = async (page: number) => {
    let cursor = ''
    for (let n = 1; n < page; n++)
      cursor = (JSON.parse(await get(`/v1/calls${cursor && `?cursor=${cursor}`}`)) as { nextCursor: string }).nextCursor
    return cursor
  }
  return {
    pool,
    cursorOfPage,
    send: async ({ path }: BenchRequest) => {
      await get(path)
    }
  }
}
