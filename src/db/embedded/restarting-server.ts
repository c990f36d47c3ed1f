import type pg from 'pg'
import { EmbeddedPostgresError } from '../../errors.js'
import { backOffMs, pause, withJitter } from '../../lib/backoff.js'
import { isOwned } from '../../lib/directory-lock.js'
import { accountForPostgres } from './account.js'
import { attachEmbeddedPostgres } from './attach.js'
import { connectionOf } from './cluster.js'
import { hasCluster, pathsOf } from './paths.js'
import { createEmbeddedData, startEmbeddedPostgres } from './server.js'

export interface RestartingServerOptions {
  /** The folder of the database, as for `startEmbeddedPostgres`. */
  dataDir: string
  log: (message: string) => void
  /** Called when the server has ended or cannot be started: once for each problem, until it runs again. */
  onDown: (problem: string) => void
  /** Called when it runs again. */
  onUp?: () => void
}

/** The embedded server of the service, which is started again whenever it has ended. */
export interface RestartingServer {
  /** The address and the credentials, which stay valid when the server is started again. */
  connection: pg.ClientConfig
  /** Resolves with the URL when the server accepts connections. Rejects when it has ended or could not be started. */
  url: () => Promise<string>
  /** Why the server does not accept connections, or null. */
  trouble: () => string | null
  close: () => Promise<void>
}

/**
 * starting  this process starts the server, or waits for the one that a command has started on the same data
 * running   the server accepts connections; this process or a command has started it
 * down      the server has ended or could not be started, and the next attempt follows after a pause
 *
 * starting → running | down; running → down, or → starting when a command has stopped its server; down → starting
 */
interface ServerState {
  name: 'starting' | 'running' | 'down'
  /** As `RestartingServer.url`. */
  url: Promise<string>
  /** Why the server does not accept connections. */
  problem: string
}

/** A server that accepts connections. */
interface RunningServer {
  url: string
  /** Resolves with the error when the server has ended, or with null when the command that owns it has stopped it. */
  ended: Promise<Error | null>
  stop: () => Promise<void>
}

/** Each attempt on a full disk replays the write-ahead log, so the pauses become long. */
const BACK_OFF = { first: 250, most: 15_000 }

/** When a server that has run for this long ends, the first pause is short again. */
const STABLE_MS = 5_000

const OWNER_POLL_MS = 100

/**
 * Starts the embedded server, and starts it again with back-off whenever it has ended. While a command runs its own
 * server on the same data, that one is used; when it ends, this process starts the server.
 *
 * The start of the server is not awaited, so that the receiver works even when the server cannot be started. The
 * creation of new data is awaited, so that a machine that cannot run Postgres is reported at once.
 * @throws DataDirError, EmbeddedPostgresError  when there is no data yet and it cannot be created
 */
export async function startRestartingServer(options: RestartingServerOptions): Promise<RestartingServer> {
  const { dataDir, log, onDown, onUp = () => {} } = options
  const account = accountForPostgres()
  if (!hasCluster(pathsOf(dataDir, account).data)) await createData(dataDir, log)
  const paths = pathsOf(dataDir, account)
  const stop = new AbortController()
  const stopRequested = new Promise<null>(resolve => stop.signal.addEventListener('abort', () => resolve(null)))
  const reported = new Set<string>()
  let state: ServerState = { name: 'down', url: unresolved(), problem: 'embedded Postgres: the server is starting' }
  let failures = 0

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const opening = openServer({ dataDir, run: paths.run, log: failures === 0 ? log : () => {}, signal: stop.signal })
      state = { name: 'starting', url: handled(opening.then(({ url }) => url)), problem: state.problem }
      const err = await opening.then(use, (err: Error) => err) // nothing else is thrown
      if (err === null || stop.signal.aborted) continue
      reportDown(err)
      await pause(withJitter(backOffMs(failures, BACK_OFF), Math.random()), stop.signal)
    }
  }

  /** Resolves with the reason when the server has ended. */
  async function use({ ended, stop: end }: RunningServer): Promise<Error | null> {
    const startedAt = performance.now()
    if (state.name === 'starting') state = { ...state, name: 'running' }
    if (reported.size > 0) {
      log('the embedded Postgres runs again')
      onUp()
    }
    reported.clear()
    const err = await Promise.race([ended, stopRequested])
    if (stop.signal.aborted) await end()
    if (performance.now() - startedAt > STABLE_MS) failures = 0
    return err
  }

  function reportDown(err: Error): void {
    failures++
    state = { name: 'down', url: handled(Promise.reject(err)), problem: err.message }
    const problem = err.message.replaceAll(/\d+/g, '0') // the ids of processes differ with each attempt
    if (!reported.has(problem)) onDown(err.message)
    reported.add(problem)
  }

  const running = run()
  return {
    connection: connectionOf(paths),
    url: () => state.url,
    trouble: () => (state.name === 'running' ? null : state.problem),
    close: async () => {
      stop.abort()
      await running
    }
  }
}

/** A command may be creating the data. */
async function createData(dataDir: string, log: (message: string) => void): Promise<void> {
  await createEmbeddedData({ dataDir, log }).catch(async err => {
    if ((await attachEmbeddedPostgres({ dataDir })) === null) throw err
  })
}

interface OpenOptions {
  dataDir: string
  /** The folder of the owner's lock. */
  run: string
  log: (message: string) => void
  signal: AbortSignal
}

/** Starts the server, or uses the one that a command has started. */
async function openServer({ dataDir, run, log, signal }: OpenOptions): Promise<RunningServer> {
  try {
    const { url, exited, stop } = await startEmbeddedPostgres({ dataDir, log, signal })
    return { url, stop, ended: exited.then(() => new EmbeddedPostgresError('the server has ended unexpectedly')) }
  } catch (err) {
    if (signal.aborted || !(await isOwned(run))) throw err
    log('another process runs Postgres on this data: its server is used until it ends')
    const url = await attachEmbeddedPostgres({ dataDir, signal })
    signal.throwIfAborted()
    return url === null
      ? openServer({ dataDir, run, log, signal }) // it has ended meanwhile
      : { url, stop: async () => {}, ended: untilReleased(run, signal) }
  }
}

async function untilReleased(run: string, signal: AbortSignal): Promise<null> {
  while (!signal.aborted && (await isOwned(run))) await pause(OWNER_POLL_MS, signal)
  return null
}

function unresolved(): Promise<never> {
  return new Promise(() => {})
}

/** A rejection that nobody awaits must not end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
