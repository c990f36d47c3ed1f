import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DataDirError } from '../../errors.js'
import { type Account, canEnter, isLent, makePrivateDir } from './account.js'

/**
 * Where one embedded server keeps its things: the data, and beside it what must survive a lost or half-made data
 * folder.
 */
export interface Place {
  data: string
  /** Holds the owner's lock and the server's socket. */
  run: string
  password: string
  log: string
}

const SHARED_HOME = '/var/lib/mightycall-stream'
const SOCKET_DIR_BYTES = 85 // the kernel takes 107 for the whole path, and initdb and clients add up to 20
const SEARCHABLE = 0o011

/** The place that a data folder stands for. Looks, and changes nothing. */
export function placeOf(dataDir: string, account: Account): Place {
  const asked = path.resolve(dataDir)
  const data = isMade(asked) || !isMade(standIn(asked)) ? asked : standIn(asked)
  return isMade(data) || canEnter(account, nearest(path.dirname(data))) ? placeAt(data) : placeAt(standIn(asked))
}

/**
 * The place with its folders made: usable by the account that Postgres runs as.
 * @throws DataDirError  it cannot be, and the message says what to change
 */
export function preparePlace(dataDir: string, account: Account, log: (message: string) => void): Place {
  const asked = path.resolve(dataDir)
  mkdirSync(path.dirname(asked), { recursive: true })
  if (!canEnter(account, path.dirname(asked))) openParent(path.dirname(asked))
  const place = placeOf(asked, account)
  if (place.data !== asked) {
    log(`the account of Postgres cannot reach ${asked}: its data is in ${place.data}`)
    mkdirSync(path.dirname(place.data), { recursive: true })
  }
  if (!canEnter(account, path.dirname(place.data)))
    throw new DataDirError(
      `the account of Postgres cannot reach ${place.data}: start as the account that made it, or make the folders above it searchable`
    )
  makePrivateDir(account, place.run)
  refuseStranger(place.run, account)
  return place
}

/** True when a folder holds a database, whole or not. */
export function isMade(dir: string): boolean {
  return existsSync(path.join(dir, 'PG_VERSION'))
}

/** What the disk refused, as one line that says what to do; any other error as it is. */
export function explained(dataDir: string, err: unknown): unknown {
  const refused = err instanceof Error && 'syscall' in err
  return refused
    ? new DataDirError(`${path.resolve(dataDir)} cannot be used (${err.message}): make it writable, or set DATA_DIR`)
    : err
}

function placeAt(data: string): Place {
  const beside = `${data}.run`
  const fits = Buffer.byteLength(beside) <= SOCKET_DIR_BYTES
  return {
    data,
    run: fits ? beside : path.join(os.tmpdir(), `mcs-pg-${hashOf(data)}`),
    password: `${data}.password`,
    log: `${data}.log`
  }
}

/** Started by root below a home of mode 0700, where the lent account can never come. */
function standIn(asked: string): string {
  return path.join(SHARED_HOME, `${hashOf(asked)}-${path.basename(asked)}`)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function nearest(dir: string): string {
  return existsSync(dir) || dir === path.dirname(dir) ? dir : nearest(path.dirname(dir))
}

/** DATA_DIR is often made with mode 0700. Others may pass through it, not look into it; a home stays as it is. */
function openParent(dir: string): void {
  const { mode, uid } = statSync(dir)
  if (uid === process.getuid?.() && dir !== os.homedir()) chmodSync(dir, (mode & 0o7777) | SEARCHABLE)
}

/** In the shared temporary folder somebody else may have made a folder of this name first. */
function refuseStranger(dir: string, account: Account): void {
  const { uid, mode } = lstatSync(dir)
  const wanted = isLent(account) ? account.uid : process.getuid?.()
  if (uid !== wanted || (mode & 0o077) !== 0)
    throw new DataDirError(`${dir} belongs to another account (uid ${uid}): start as that account, or set DATA_DIR`)
}

/** What lies in a folder that ought to be empty or a database. */
export function contentOf(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : []
}
