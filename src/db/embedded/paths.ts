import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DataDirError } from '../../errors.js'
import { createDirectoryDurably } from '../../lib/durable-file.js'
import { type Account, canEnter, isOtherAccount, makePrivateDir } from './account.js'

/** The files of one embedded server. Those beside the data folder survive the loss of that folder. */
export interface ServerPaths {
  data: string
  /** The folder of the lock of the owning process and of the server's socket. */
  run: string
  password: string
  log: string
}

const SHARED_HOME = '/var/lib/mightycall-stream'
const SOCKET_DIR_BYTES = 85 // the kernel takes 107 for the whole path, and initdb and clients add up to 20
const SEARCHABLE = 0o011

/** The paths for a data folder. Changes nothing. */
export function pathsOf(dataDir: string, account: Account): ServerPaths {
  const requested = path.resolve(dataDir)
  const data = hasCluster(requested) || !hasCluster(sharedDataDir(requested)) ? requested : sharedDataDir(requested)
  return hasCluster(data) || canEnter(account, nearestExisting(path.dirname(data)))
    ? pathsAt(data)
    : pathsAt(sharedDataDir(requested))
}

/**
 * Creates the folders, so that the account of Postgres can use them.
 * @throws DataDirError  when that is not possible; the message tells what to change
 */
export function preparePaths(dataDir: string, account: Account, log: (message: string) => void): ServerPaths {
  const requested = path.resolve(dataDir)
  createDirectoryDurably(path.dirname(requested), { mode: 0o777 })
  if (!canEnter(account, path.dirname(requested))) openParent(path.dirname(requested))
  const paths = pathsOf(requested, account)
  if (paths.data !== requested) {
    log(`the account of Postgres cannot access ${requested}: its data is in ${paths.data}`)
    createDirectoryDurably(path.dirname(paths.data), { mode: 0o777 })
  }
  if (!canEnter(account, path.dirname(paths.data)))
    throw new DataDirError(
      `the account of Postgres cannot access ${paths.data}: ` +
        'start as the account that created it, or make the folders above it searchable'
    )
  makePrivateDir(account, paths.run)
  refuseForeignFolder(paths.run, account)
  return paths
}

/** True when a folder contains a database, even an incomplete one. */
export function hasCluster(dir: string): boolean {
  return existsSync(path.join(dir, 'PG_VERSION'))
}

/** Replaces an error of the file system by one that tells what to do. Other errors are returned unchanged. */
export function asDataDirError(dataDir: string, err: unknown): unknown {
  const isSystemError = err instanceof Error && 'syscall' in err
  return isSystemError
    ? new DataDirError(`${path.resolve(dataDir)} cannot be used (${err.message}): make it writable, or set DATA_DIR`)
    : err
}

function pathsAt(data: string): ServerPaths {
  const beside = `${data}.run`
  const fits = Buffer.byteLength(beside) <= SOCKET_DIR_BYTES
  return {
    data,
    run: fits ? beside : path.join(os.tmpdir(), `mcs-pg-${hashOf(data)}`),
    password: `${data}.password`,
    log: `${data}.log`
  }
}

/** Used when root starts the service below a home of mode 0700, which the account of Postgres cannot enter. */
function sharedDataDir(requested: string): string {
  return path.join(SHARED_HOME, `${hashOf(requested)}-${path.basename(requested)}`)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function nearestExisting(dir: string): string {
  return existsSync(dir) || dir === path.dirname(dir) ? dir : nearestExisting(path.dirname(dir))
}

/** Makes the parent folder, often of mode 0700, searchable but not readable for others, unless it is the home. */
function openParent(dir: string): void {
  const { mode, uid } = statSync(dir)
  if (uid === process.getuid?.() && dir !== os.homedir()) chmodSync(dir, (mode & 0o7777) | SEARCHABLE)
}

/** In the shared temporary folder, another account may have created a folder of this name. */
function refuseForeignFolder(dir: string, account: Account): void {
  const { uid, mode } = lstatSync(dir)
  const wanted = isOtherAccount(account) ? account.uid : process.getuid?.()
  if (uid !== wanted || (mode & 0o077) !== 0)
    throw new DataDirError(`${dir} belongs to another account (uid ${uid}): start as that account, or set DATA_DIR`)
}
