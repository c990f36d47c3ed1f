import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EmbeddedPostgresError } from '../../errors.js'
import { acquireOwnerLock } from '../../lib/directory-lock.js'
import { accountForPostgres } from './account.js'
import { findBinaries } from './binaries.js'
import { ensureCluster, existingMajor, urlOf } from './cluster.js'
import { explained, isMade, preparePlace } from './paths.js'
import { launch, type Settings } from './postmaster.js'
import { endLeftovers } from './stale-servers.js'
import type { Kept } from './supervised-process.js'

export interface EmbeddedPostgresOptions {
  /**
   * The database's folder; others are made beside it with its name and an ending. The folder above is made when
   * missing.
   */
  dataDir: string
  /** Made when it is not there. */
  database?: string
  /** Of postgresql.conf. */
  settings?: Settings
  log: (message: string) => void
  /** Told the URL before the server answers there; not when it cannot be started for what lies in the folder. */
  onUrl?: (url: string) => void
}

export interface EmbeddedPostgres {
  /** Of a unix socket: `postgres://role:password@%2Ffolder:5432/database`. */
  url: string
  pid: number
  /** Of the server: `18.4`. */
  version: string
  /**
   * Resolves when the server is gone; `expected` is false when nobody called `stop`, and then the process should end
   * too.
   */
  exited: Promise<{ code: number | null; expected: boolean }>
  stop: () => Promise<void>
}

const FAST_STOP_MS = 15_000

/**
 * Starts a private PostgreSQL server that ends with this process, even when this one is killed.
 * It listens on a unix socket only.
 *
 * @throws DataDirError           the folder is in use, foreign or not writable
 * @throws EmbeddedPostgresError  no server can be run here, or this one did not start
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return start(options).catch(err => {
    throw explained(options.dataDir, err)
  })
}

async function start({
  dataDir,
  database = 'mightycall',
  settings = {},
  log,
  onUrl = () => {}
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = accountForPostgres()
  const place = preparePlace(dataDir, account, log)
  const lock = await acquireOwnerLock(place.run)
  try {
    await endLeftovers(place, log)
    const binaries = findBinaries(account, existingMajor(place, account))
    if (!isMade(place.data)) log('creating a new Postgres data folder')
    const { password } = await ensureCluster(binaries, account, place)
    const url = urlOf(place, password, database)
    onUrl(url)
    const server = supervised(await launch(binaries, account, place, settings, log), lock.release)
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

/** The lock is held until the server is gone: the next owner must not meet it. */
function supervised(server: Kept, release: () => Promise<void>): Pick<EmbeddedPostgres, 'pid' | 'exited' | 'stop'> {
  let expected = false
  const exited = server.exited.then(async code => {
    await release()
    return { code, expected }
  })
  async function stop(): Promise<void> {
    expected = true
    server.end() // SIGINT: open transactions are rolled back
    if (await Promise.race([exited, sleep(FAST_STOP_MS, null, { ref: false })])) return
    process.kill(server.pid, 'SIGQUIT') // at once; the next start recovers
    await exited
  }
  return { pid: server.pid, exited, stop }
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/[^/]*$/, 'postgres') })
  client.on('error', () => {}) // the query that it breaks rejects
  try {
    await client.connect()
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(database)}`)
  } catch (err) {
    throw new EmbeddedPostgresError(refusal(err as Error)) // pg throws nothing else
  } finally {
    await client.end().catch(() => {})
  }
}

function refusal(err: Error & { code?: string }): string {
  if (err.code === '28P01')
    return 'the kept password is not the one of the data: remove the file that ends in .password, and start again'
  return `the database could not be opened: ${err.message}`
}
