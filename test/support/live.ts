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
import { API_KEY, queryApi } from './query-api.js'

export interface LiveSetting extends Partial<Pick<LiveOptions, 'limits' | 'health'>> {
  viewers?: Record<string, Viewer>
  /** It never hears of changes. */
  isDeaf?: boolean
}

/** What projects into a database, and the API with live streams over it, on a port. */
export async function liveApi(
  t: Test,
  { limits = {}, viewers = {}, isDeaf = false, health = async () => ({ ready: true }) }: LiveSetting = {}
) {
  const projecting = await projector(t)
  const pool = new pg.Pool({ ...projecting.pool.options, max: 4 })
  pool.on('error', () => {})
  const statements: string[] = []
  const dropped: string[] = []
  let clients = 0
  const streams = startLive({
    pool: spied(pool, statements, isDeaf ? { port: 1, host: '127.0.0.1' } : pool.options),
    readers: createLiveReaders(drizzle(spied(pool, statements, pool.options)), () => NOW),
    trouble: () => null,
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
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` // it listens on a port
  const watch = (query = '', options: Partial<WatchOptions> = {}): Promise<LiveClient> =>
    watchLive(t, `${url}/v1/live${query}`, { key: API_KEY, ...options })
  return { ...projecting, app, url, streams, watch, statements, dropped, clients: () => clients }
}

/** Notes each statement that goes through the pool; these options are for connections beside it. */
function spied(pool: pg.Pool, statements: string[], options: object): pg.Pool {
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
