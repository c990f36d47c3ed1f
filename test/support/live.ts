import type { AddressInfo } from 'node:net'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Viewer } from '../../src/access/viewer.js'
import { createLiveReaders } from '../../src/app/live-readers.js'
import { type LiveOptions, startLive } from '../../src/live/streams.js'
import { type LiveClient, type WatchOptions, watchLive } from './live-client.js'
import { NOW, projector } from './projection.js'
import { ADMIN_API_KEY, queryApi } from './query-api.js'

export interface LiveApiOptions extends Partial<Pick<LiveOptions, 'limits' | 'health' | 'incompleteAccounts'>> {
  viewers?: Record<string, Viewer>
  /** The LISTEN connection cannot be opened, so that changes are not announced. */
  cannotListen?: boolean
}

/** Sets up a projector, and the API with live streams over the same database, on a port. */
export async function liveApi(
  t: Test,
  {
    limits = {},
    viewers = {},
    cannotListen = false,
    health = async () => ({ ready: true }),
    incompleteAccounts = async () => new Set<string>()
  }: LiveApiOptions = {}
) {
  const projecting = await projector(t)
  const pool = new pg.Pool({ ...projecting.pool.options, max: 4 })
  pool.on('error', () => {})
  const statements: string[] = []
  const dropped: string[] = []
  let clients = 0
  const streams = startLive({
    pool: recordStatements(pool, statements, cannotListen ? { port: 1, host: '127.0.0.1' } : pool.options),
    readers: createLiveReaders(drizzle(recordStatements(pool, statements, pool.options)), () => NOW),
    trouble: () => null,
    now: () => NOW,
    incompleteAccounts,
    health,
    logger: pino({ level: 'silent' }),
    onClients: count => {
      clients = count
    },
    onDropped: code => {
      dropped.push(code)
    },
    limits: { heartbeatMs: 200, pollMs: 100, ...limits }
  })
  const { app } = await queryApi(t, projecting.pool, () => NOW, { viewers, live: streams })
  t.teardown(async () => {
    await streams.close()
    await pool.end()
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` // it listens on a port, not on a pipe
  const watch = (query = '', options: Partial<WatchOptions> = {}): Promise<LiveClient> =>
    watchLive(t, `${url}/v1/live${query}`, { key: ADMIN_API_KEY, ...options })
  return { ...projecting, app, url, streams, watch, statements, dropped, clients: () => clients }
}

/**
 * Records each statement that runs through the pool. `options` replaces the options of the pool for other connections.
 */
function recordStatements(pool: pg.Pool, statements: string[], options: object): pg.Pool {
  return new Proxy(pool, {
    get: (target, name) => {
      if (name === 'options') return options
      if (name !== 'query') return Reflect.get(target, name, target) as unknown
      return (...args: [string | { text: string }, ...unknown[]]) => {
        statements.push(typeof args[0] === 'string' ? args[0] : args[0].text)
        return Reflect.apply(target.query, target, args) as unknown
      }
    }
  })
}
