import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type pg from 'pg'
import type { Test } from 'tap'
import type { Account } from '../../src/accounts/accounts.js'
import type { Drift } from '../../src/events/drift.js'
import type { HttpLimits } from '../../src/mightycall/rest/http.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'
import { createRest, type RestObserver } from '../../src/mightycall/rest/rest.js'
import { freshDatabase } from './database.js'
import { DOCUMENTED_RESPONSES } from './documented-responses.js'
import { listenOnLoopback } from './http-server.js'
import { createLineLogger } from './line-logger.js'

export interface RecordedRequest {
  /** `GET /api/calls` */
  route: string
  /** The part of the URL after the question mark. */
  query: string
  headers: IncomingMessage['headers']
  body: string
}

export type Reply = (response: ServerResponse, request: RecordedRequest) => void

export const json =
  (value: unknown, status = 200): Reply =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

export const ACCOUNT_API_KEY = 'the-api-key-of-the-test'
export const USER_KEY = 'the-user-key-of-101'

/** Starts an HTTP server that replies like the documented MightyCall API, or as the test says, and records requests. */
export async function startMightyCallApi(t: Test, replies: Record<string, Reply> = {}) {
  const seen: RecordedRequest[] = []
  const all: Record<string, Reply> = {
    ...Object.fromEntries(Object.entries(DOCUMENTED_RESPONSES).map(([route, answer]) => [route, json(answer)])),
    ...replies
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').replace(/^\/v4/, '').split('?')
      const recorded = { route: `${request.method} ${path}`, query, headers: request.headers, body }
      seen.push(recorded)
      const reply = all[recorded.route] ?? json({ message: 'No HTTP resource was found' }, 404)
      reply(response, recorded)
    })
  })
  const url = await listenOnLoopback(t, server)
  return {
    url: `${url}/v4`,
    seen,
    replies: all,
    routes: () => seen.map(({ route }) => route)
  }
}

interface Options extends Partial<Pick<Account, 'kind' | 'userKeys' | 'apiKey'>> {
  replies?: Record<string, Reply>
  limits?: Partial<HttpLimits>
  budget?: number
  observer?: RestObserver
  /** A database that tests share, each with its own API key. Default: a fresh database. */
  pool?: pg.Pool
}

/** Sets up a REST client of such a server. The time stands still until the test calls `advance`. */
export async function setUpRestClient(
  t: Test,
  { replies, limits, budget = 2_000, pool: shared, observer, ...overrides }: Options = {}
) {
  const api = await startMightyCallApi(t, replies)
  const pool = shared ?? (await freshDatabase(t)).pool
  const clock = { now: new Date('2026-11-23T08:00:00Z') }
  const lines: string[] = []
  const drifts: Drift[] = []
  const quota = createQuotaLedger(pool, budget)
  const rest = createRest({
    quota,
    ...(limits && { limits }),
    ...(observer && { observer }),
    logger: createLineLogger('trace', line => lines.push(line)),
    now: () => clock.now,
    random: () => 1,
    onDrift: (_account, found) => {
      drifts.push(...found)
    }
  })
  const account: Account = {
    id: 'acme',
    tokens: [],
    apiKey: ACCOUNT_API_KEY,
    userKeys: { 101: USER_KEY },
    kind: 'classic',
    baseUrl: api.url,
    timeZone: 'UTC',
    region: 'US',
    ...overrides
  }
  const advance = (ms: number) => {
    clock.now = new Date(clock.now.getTime() + ms)
  }
  return { ...api, pool, quota, rest, account, client: rest.clientOf(account, '101'), clock, advance, lines, drifts }
}
