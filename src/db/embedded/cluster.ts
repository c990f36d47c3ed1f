import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { DataDirError, EmbeddedPostgresError } from '../../errors.js'
import { type Account, giveTo, isLent, makePrivateDir } from './account.js'
import type { Binaries } from './binaries.js'
import { contentOf, isMade, type Place } from './paths.js'
import { CLEAN } from './postmaster.js'

/** The role that owns everything. */
export const ROLE = 'mightycall'

/**
 * The major version of the data, or null when there is none yet.
 * @throws DataDirError  the folder holds something else, or another account's data
 */
export function existingMajor({ data }: Place, account: Account): string | null {
  if (!isMade(data)) {
    if (contentOf(data).length > 0)
      throw new DataDirError(`${data} is not empty and holds no database: move its content away, or set DATA_DIR`)
    return null
  }
  const owner = statSync(data).uid
  if (!isLent(account) && owner !== process.getuid?.())
    throw new DataDirError(`${data} belongs to another account (uid ${owner}): start as that account, or chown it`)
  if (!existsSync(path.join(data, 'global/pg_control')))
    throw new DataDirError(
      `${data} holds only a part of a database: restore it, or move it away to begin with an empty one`
    )
  return readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim()
}

/** Makes the database cluster where there is none, and the password that opens it. */
export async function ensureCluster(binaries: Binaries, account: Account, place: Place): Promise<{ password: string }> {
  const known = readPassword(place)
  const password = known ?? writePassword(place)
  giveTo(account, place.password)
  if (!isMade(place.data)) {
    await initialize(binaries, account, place)
    return { password }
  }
  if (isLent(account) && statSync(place.data).uid !== account.uid)
    await run('chown', ['-R', `${account.uid}:${account.gid}`, place.data])
  if (!known) await setPassword(binaries, account, place, password)
  return { password }
}

/** Null when it is lost; an empty file is what a power cut leaves of one. */
export function readPassword(place: Place): string | null {
  return existsSync(place.password) ? readFileSync(place.password, 'utf8').trim() || null : null
}

function writePassword(place: Place): string {
  const password = randomBytes(24).toString('hex')
  rmSync(place.password, { force: true }) // its mode is given only to a new file
  writeFileSync(place.password, `${password}\n`, { mode: 0o600 })
  return password
}

/**
 * Aside, then renamed: whoever dies in the middle leaves no half database. C locale: the same order of text everywhere.
 */
async function initialize(binaries: Binaries, account: Account, place: Place): Promise<void> {
  const aside = `${place.data}.initdb`
  rmSync(aside, { recursive: true, force: true })
  makePrivateDir(account, aside)
  const access = ['-U', ROLE, '-A', 'scram-sha-256', '--pwfile', place.password]
  const failure = await program(binaries, account, 'initdb', [
    '-D',
    aside,
    ...access,
    '-E',
    'UTF8',
    '--no-locale',
    '--no-instructions'
  ])
  if (failure) throw new EmbeddedPostgresError(`initdb failed: ${failure}`)
  rmSync(place.data, { recursive: true, force: true }) // checked to be empty
  renameSync(aside, place.data)
}

/** A new password for the lost one: in single-user mode the server asks for none. */
async function setPassword(binaries: Binaries, account: Account, place: Place, password: string): Promise<void> {
  const sql = `ALTER ROLE ${ROLE} PASSWORD '${password}'\n`
  const failure = await program(binaries, account, 'postgres', ['--single', '-D', place.data, 'postgres'], sql)
  if (!failure) return
  rmSync(place.password) // it opens nothing
  throw new EmbeddedPostgresError(`the lost password could not be replaced: ${failure}`)
}

const run = promisify(execFile)

/** Null when it did its work, else its last complaint. Single-user mode exits with 0 whatever its statement did. */
async function program(
  binaries: Binaries,
  account: Account,
  name: string,
  args: readonly string[],
  input = ''
): Promise<string | null> {
  const running = run('/usr/bin/env', [...CLEAN, path.join(binaries.dir, name), ...args], { ...account, cwd: '/' })
  running.child.stdin?.on('error', () => {}).end(input)
  const { stderr, failed } = await running.then(
    ok => ({ ...ok, failed: false }),
    err => ({ stderr: String(err.stderr ?? err), failed: true })
  )
  const lines = stderr.trim().split('\n')
  const complaint = lines.findLast(line => /error|fatal/i.test(line))
  return failed ? (complaint ?? lines.at(-1) ?? '') : (complaint ?? null)
}

/** The form that pg takes for a unix socket: its folder, percent-encoded, in the place of the host. */
export function urlOf(place: Place, password: string, database: string): string {
  return `postgres://${ROLE}:${password}@${encodeURIComponent(place.run)}:5432/${encodeURIComponent(database)}`
}
