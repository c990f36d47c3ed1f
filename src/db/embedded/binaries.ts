import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { EmbeddedPostgresError } from '../../errors.js'
import type { Account } from './account.js'
import { packagedDir } from './packaged.js'

export interface Binaries {
  dir: string
  /** As the server prints it: `18.4`. */
  version: string
}

interface Probe extends Partial<Binaries> {
  dir: string
  reason: string
}

/** Where distributions put the server; Debian's versions lie beside each other. */
const SYSTEM = ['/opt/homebrew/opt/postgresql/bin', '/usr/local/pgsql/bin']
const VERSIONED = '/usr/lib/postgresql'

/**
 * A server that this machine can run: the npm package of the platform, else an installed one.
 * @param major  of an existing data folder: no other version can read it
 * @throws EmbeddedPostgresError  there is none; the message says what was tried
 */
export function findBinaries(account: Account, major: string | null): Binaries {
  const tried: Probe[] = []
  for (const dir of candidates(account)) {
    const probe = probed(dir, account)
    if (probe.version && (!major || majorOf(probe.version) === major)) return { dir, version: probe.version }
    tried.push(probe)
  }
  throw new EmbeddedPostgresError(major ? otherMajor(major, tried) : noServer(tried))
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? version
}

/** Lazily: only a package that cannot be used makes us look at the system, or copy. */
function* candidates(account: Account): Generator<string> {
  const packaged = packagedDir(account)
  if (packaged) yield packaged
  const onPath = spawnSync('/bin/sh', ['-c', 'command -v postgres'], { encoding: 'utf8' }).stdout.trim()
  const versions = existsSync(VERSIONED) ? readdirSync(VERSIONED).sort((a, b) => Number(b) - Number(a)) : []
  const dirs = [path.dirname(onPath), ...versions.map(version => path.join(VERSIONED, version, 'bin')), ...SYSTEM]
  yield* dirs.filter(dir => existsSync(path.join(dir, 'postgres')) && existsSync(path.join(dir, 'initdb')))
}

function probed(dir: string, account: Account): Probe {
  const run = spawnSync(path.join(dir, 'postgres'), ['--version'], { ...account, cwd: '/', encoding: 'utf8' })
  const version = /\d+(\.\d+)?/.exec(run.stdout ?? '')?.[0]
  if (version) return { dir, version, reason: `${version} in ${dir}` }
  const reason = (run.error?.message ?? run.stderr).trim().split('\n')[0] ?? ''
  return { dir, reason: `${dir} does not run (${reason})` }
}

function otherMajor(major: string, tried: readonly Probe[]): string {
  const found = tried.map(probe => probe.reason).join(', ') || 'no server'
  return `the data was made by PostgreSQL ${major}, and here is only ${found}: install PostgreSQL ${major}, or dump and load the data, or set DATABASE_URL`
}

function noServer(tried: readonly Probe[]): string {
  const why = tried.map(probe => probe.reason).join('; ') || 'its npm package is missing'
  return `no PostgreSQL server can be run here (${why}): run "npm ci" with optional dependencies, install PostgreSQL, or set DATABASE_URL`
}
