import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { EmbeddedPostgresError } from '../../errors.js'

/** The account that Postgres runs as: empty for our own, ready to be spread into the options of `spawn`. */
export type Account = { uid: number; gid: number } | Record<string, never>

/** Postgres refuses to run as root, and initdb as an account without a name: root lends it the first of these. */
const LENT = ['postgres', 'nobody', 'daemon']

export function accountForPostgres(): Account {
  if (!process.getuid) throw new EmbeddedPostgresError('it runs on Linux and macOS only: set DATABASE_URL')
  if (process.getuid() !== 0) return {}
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const found = LENT.flatMap(name => lines.filter(line => line[0] === name)).at(0)
  if (!found)
    throw new EmbeddedPostgresError(
      'it cannot run as root, and there is no account "postgres" or "nobody" to run as: add one, or set DATABASE_URL'
    )
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

export function isLent(account: Account): account is { uid: number; gid: number } {
  return account.uid !== undefined
}

export function giveTo(account: Account, file: string): void {
  if (isLent(account)) chownSync(file, account.uid, account.gid)
}

/** Makes a folder that only the account (and root) may enter. */
export function makePrivateDir(account: Account, dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  giveTo(account, dir)
}

/** True when the account may pass through the folder, and so through all above it. */
export function canEnter(account: Account, dir: string): boolean {
  return (
    !isLent(account) || spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', dir], { ...account, cwd: '/' }).status === 0
  )
}
