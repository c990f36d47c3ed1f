import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { EmbeddedPostgresError } from '../../errors.js'

/** The account that Postgres runs as, as options of `spawn`: empty for the account of this process. */
export type Account = { uid: number; gid: number } | Record<string, never>

/** When this process runs as root, which Postgres refuses, the first existing one of these accounts is used. */
const UNPRIVILEGED = ['postgres', 'nobody', 'daemon']

export function accountForPostgres(): Account {
  if (!process.getuid) throw new EmbeddedPostgresError('it runs on Linux and macOS only: set DATABASE_URL')
  if (process.getuid() !== 0) return {}
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const found = UNPRIVILEGED.flatMap(name => lines.filter(line => line[0] === name)).at(0)
  if (!found)
    throw new EmbeddedPostgresError(
      'it cannot run as root, and there is no account "postgres" or "nobody" to run as: add one, or set DATABASE_URL'
    )
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

export function isOtherAccount(account: Account): account is { uid: number; gid: number } {
  return account.uid !== undefined
}

export function changeOwner(account: Account, file: string): void {
  if (isOtherAccount(account)) chownSync(file, account.uid, account.gid)
}

/** Creates a folder that only the account and root can enter. */
export function makePrivateDir(account: Account, dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  changeOwner(account, dir)
}

/** True when the account can enter the folder, and so all folders above it. */
export function canEnter(account: Account, dir: string): boolean {
  return (
    !isOtherAccount(account) ||
    spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', dir], { ...account, cwd: '/' }).status === 0
  )
}
