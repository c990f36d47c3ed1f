import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { DataDirError, EmbeddedPostgresError } from '../../errors.js'
import { syncDirectory, writeDurably } from '../../lib/durable-file.js'
import { type Account, changeOwner, isOtherAccount, makePrivateDir } from './account.js'
import type { Binaries } from './binaries.js'
import { hasCluster, type ServerPaths } from './paths.js'
import { CLEAN_ENVIRONMENT } from './postmaster.js'

/** The role that owns everything. */
const ROLE = 'mightycall'

/** The database, unless another one is requested. */
export const DATABASE = 'mightycall'

const PORT = 5432

/**
 * The major version of the data, or null when there is none yet.
 * @throws DataDirError  when the folder contains something else, or the data of another account
 */
export function existingMajor({ data }: ServerPaths, account: Account): string | null {
  if (!hasCluster(data)) {
    if (existsSync(data) && readdirSync(data).length > 0)
      throw new DataDirError(`${data} is not empty and contains no database: move its content away, or set DATA_DIR`)
    return null
  }
  const owner = statSync(data).uid
  if (!isOtherAccount(account) && owner !== process.getuid?.())
    throw new DataDirError(`${data} belongs to another account (uid ${owner}): start as that account, or chown it`)
  if (!existsSync(path.join(data, 'global/pg_control')))
    throw new DataDirError(
      `${data} contains an incomplete database: restore it, or move it away to start with an empty one`
    )
  return readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim()
}

/** Creates the database cluster and its password when they do not exist. */
export async function ensureCluster(
  binaries: Binaries,
  account: Account,
  paths: ServerPaths
): Promise<{ password: string }> {
  const known = readPassword(paths)
  const password = known ?? writePassword(paths)
  changeOwner(account, paths.password)
  if (!hasCluster(paths.data)) {
    await initialize(binaries, account, paths)
    return { password }
  }
  if (isOtherAccount(account) && statSync(paths.data).uid !== account.uid)
    await run('chown', ['-R', `${account.uid}:${account.gid}`, paths.data])
  if (!known) await setPassword(binaries, account, paths, password)
  return { password }
}

/** `null` when the file is missing, or empty as after a power failure. */
export function readPassword(paths: ServerPaths): string | null {
  return existsSync(paths.password) ? readFileSync(paths.password, 'utf8').trim() || null : null
}

function writePassword(paths: ServerPaths): string {
  const password = randomBytes(24).toString('hex')
  writeDurably(paths.password, `${password}\n`, { mode: 0o600 })
  return password
}

/**
 * Creates the cluster in a temporary folder and renames it, so that a crash leaves no incomplete database. The C locale
 * gives the same text order on every machine.
 */
async function initialize(binaries: Binaries, account: Account, paths: ServerPaths): Promise<void> {
  const temporary = `${paths.data}.initdb`
  rmSync(temporary, { recursive: true, force: true })
  makePrivateDir(account, temporary)
  const access = ['-U', ROLE, '-A', 'scram-sha-256', '--pwfile', paths.password]
  const failure = await runProgram(binaries, account, 'initdb', [
    '-D',
    temporary,
    ...access,
    '-E',
    'UTF8',
    '--no-locale',
    '--no-instructions'
  ])
  if (failure) throw new EmbeddedPostgresError(`initdb failed: ${failure}`)
  rmSync(paths.data, { recursive: true, force: true }) // known to be empty: see existingMajor
  renameSync(temporary, paths.data)
  syncDirectory(path.dirname(paths.data))
}

/** Replaces a lost password in single-user mode, in which the server requires none. */
async function setPassword(binaries: Binaries, account: Account, paths: ServerPaths, password: string): Promise<void> {
  const sql = `ALTER ROLE ${ROLE} PASSWORD '${password}'\n`
  const failure = await runProgram(binaries, account, 'postgres', ['--single', '-D', paths.data, 'postgres'], sql)
  if (!failure) return
  rmSync(paths.password) // the file does not match the data
  throw new EmbeddedPostgresError(`the lost password could not be replaced: ${failure}`)
}

const run = promisify(execFile)

/**
 * Runs a program of the server. Returns null on success, otherwise its last error message: single-user mode exits with
 * 0 even when its statement fails.
 */
async function runProgram(
  binaries: Binaries,
  account: Account,
  name: string,
  args: readonly string[],
  input = ''
): Promise<string | null> {
  const running = run('/usr/bin/env', [...CLEAN_ENVIRONMENT, path.join(binaries.dir, name), ...args], {
    ...account,
    cwd: '/'
  })
  running.child.stdin?.on('error', () => {}).end(input)
  const { stderr, failed } = await running.then(
    ok => ({ ...ok, failed: false }),
    err => ({ stderr: String(err.stderr ?? err), failed: true })
  )
  const lines = stderr.trim().split('\n')
  const error = lines.findLast(line => /error|fatal/i.test(line))
  return failed ? (error ?? lines.at(-1) ?? '') : (error ?? null)
}

/** The form that pg expects for a unix socket: its folder, percent-encoded, as the host. */
export function urlOf(paths: ServerPaths, password: string, database: string): string {
  return `postgres://${ROLE}:${password}@${encodeURIComponent(paths.run)}:${PORT}/${encodeURIComponent(database)}`
}

/** The options of a connection. The password is read for each connection, since a lost one is replaced. */
export function connectionOf(paths: ServerPaths): pg.ClientConfig {
  return { host: paths.run, port: PORT, user: ROLE, database: DATABASE, password: () => readPassword(paths) ?? '' }
}
