import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EmbeddedPostgresError } from '../../errors.js'
import { acquireOwnerLock, type OwnerLock } from '../../lib/directory-lock.js'
import { type Account, accountForPostgres } from './account.js'
import { type Binaries, findBinaries } from './binaries.js'
import { DATABASE, ensureCluster, existingMajor, urlOf } from './cluster.js'
import { asDataDirError, hasCluster, preparePaths, type ServerPaths } from './paths.js'
import { launch, type Settings } from './postmaster.js'
import { endStaleServers } from './stale-servers.js'
import type { SupervisedProcess } from './supervised-process.js'

export interface EmbeddedPostgresOptions {
  /**
   * The folder of the database. Other files are created next to it, with its name and a suffix. The parent folder is
   * created when it is missing.
   */
  dataDir: string
  /** Created when it does not exist. */
  database?: string
  /** Settings of postgresql.conf. */
  settings?: Settings
  log: (message: string) => void
  /** Ends the start: it then rejects. A running server ends only by `stop`. */
  signal?: AbortSignal
}

export interface EmbeddedPostgres {
  /** The URL of a unix socket: `postgres://role:password@%2Ffolder:5432/database`. */
  url: string
  pid: number
  /** The version of the server, such as `18.4`. */
  version: string
  /**
   * Resolves when the server has ended. `expected` is false without a call of `stop`.
   */
  exited: Promise<{ code: number | null; expected: boolean }>
  stop: () => Promise<void>
}

const FAST_STOP_MS = 15_000

/**
 * Starts a private PostgreSQL server that ends with this process, even when this process is killed. It listens on a
 * unix socket only.
 *
 * @throws DataDirError           when the folder is in use, belongs to another account or is not writable
 * @throws EmbeddedPostgresError  when no server can run here, or this one did not start
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return start(options).catch(err => {
    throw asDataDirError(options.dataDir, err)
  })
}

/**
 * Creates the data of a server without starting it, unless it exists.
 * @throws DataDirError, EmbeddedPostgresError  as `startEmbeddedPostgres`
 */
export async function createEmbeddedData({ dataDir, log }: EmbeddedPostgresOptions): Promise<void> {
  try {
    const { lock } = await openData({ dataDir, log })
    await lock.release()
  } catch (err) {
    throw asDataDirError(dataDir, err)
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { database = DATABASE, settings = {}, log, signal } = options
  const { account, paths, lock, binaries, password } = await openData(options)
  try {
    signal?.throwIfAborted()
    const url = urlOf(paths, password, database)
    const launched = await launch(binaries, { account, paths, settings, log, signal })
    const server = supervised(launched, lock.release)
    await ensureDatabase(url, database).catch(async err => {
      await server.stop()
      throw err
    })
    log(`Postgres ${binaries.version} accepts connections`)
    return { url, version: binaries.version, ...server }
  } catch (err) {
    await lock.release()
    throw err
  }
}

interface OpenedData {
  account: Account
  paths: ServerPaths
  /** Held by this process. */
  lock: OwnerLock
  binaries: Binaries
  password: string
}

/** Locks the data, ends servers that an earlier owner has left behind, and creates the data when it does not exist. */
async function openData({ dataDir, log }: EmbeddedPostgresOptions): Promise<OpenedData> {
  const account = accountForPostgres()
  const paths = preparePaths(dataDir, account, log)
  const lock = await acquireOwnerLock(paths.run)
  try {
    await endStaleServers(paths, log)
    const binaries = findBinaries(account, existingMajor(paths, account))
    if (!hasCluster(paths.data)) log('creating a new Postgres data folder')
    const { password } = await ensureCluster(binaries, account, paths)
    return { account, paths, lock, binaries, password }
  } catch (err) {
    await lock.release()
    throw err
  }
}

/** Holds the lock until the server has ended, so that the next owner does not find it running. */
function supervised(
  server: SupervisedProcess,
  release: () => Promise<void>
): Pick<EmbeddedPostgres, 'pid' | 'exited' | 'stop'> {
  let expected = false
  const exited = server.exited.then(async code => {
    await release()
    return { code, expected }
  })
  async function stop(): Promise<void> {
    expected = true
    server.end() // SIGINT, which rolls back open transactions
    if (await Promise.race([exited, sleep(FAST_STOP_MS, null, { ref: false })])) return
    process.kill(server.pid, 'SIGQUIT') // immediate shutdown, after which the next start recovers
    await exited
  }
  return { pid: server.pid, exited, stop }
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/[^/]*$/, 'postgres') })
  client.on('error', () => {}) // the interrupted query rejects
  try {
    await client.connect()
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(database)}`)
  } catch (err) {
    throw new EmbeddedPostgresError(openFailure(err as Error)) // pg throws nothing else
  } finally {
    await client.end().catch(() => {})
  }
}

function openFailure(err: Error & { code?: string }): string {
  if (err.code === '28P01')
    return 'the stored password does not match the data: remove the file that ends in .password, and start again'
  return `the database could not be opened: ${err.message}`
}
