import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from '../../errors.js'
import type { Account } from './account.js'
import type { Binaries } from './binaries.js'
import type { Place } from './paths.js'
import { type Kept, spawnKept } from './supervised-process.js'

export type Settings = Readonly<Record<string, string | number>>

/** A command line that runs the server's programs in a known language and without the operator's PG* defaults. */
export const CLEAN = ['-u', 'PGDATA', '-u', 'PGPORT', '-u', 'PGDATESTYLE', '-u', 'PGCLIENTENCODING', 'LC_ALL=C']

const LOG_BYTES = 8 << 20
const STILL_STARTING_MS = 15_000

/** What the running server tells about itself, in postmaster.pid. Null while there is none. */
export function postmasterOf(data: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return null
  }
}

/**
 * Starts the server and resolves when it takes connections.
 * There is no deadline: after a crash it reads its log again, and one that is killed meanwhile would begin anew at
 * every start.
 * @throws EmbeddedPostgresError  it ended; the message holds its last complaint
 */
export async function launch(
  binaries: Binaries,
  account: Account,
  place: Place,
  settings: Settings,
  log: (message: string) => void
): Promise<Kept> {
  const { output, from } = openLog(place.log)
  const args = [...CLEAN, path.join(binaries.dir, 'postgres'), '-D', place.data, ...settingArgs(place, settings)]
  const server = await spawnKept('/usr/bin/env', args, { ...account, signal: 'INT', output }).finally(() =>
    closeSync(output)
  )
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  let said = Date.now()
  for (;;) {
    const postmaster = postmasterOf(place.data)
    if (postmaster?.pid === server.pid && postmaster.ready) return server
    if (ended)
      throw new EmbeddedPostgresError(
        `the server ended while starting: ${lastComplaint(place.log, from)} (more in ${place.log})`
      )
    if (Date.now() - said > STILL_STARTING_MS) {
      log('Postgres is still starting: it recovers from a crash')
      said = Date.now()
    }
    await sleep(10)
  }
}

function settingArgs(place: Place, settings: Settings): string[] {
  const all = {
    listen_addresses: '', // no port: nothing to collide with, nothing to attack
    port: 5432, // of the socket's name
    unix_socket_directories: `"${place.run.replaceAll('"', '""')}"`,
    timezone: 'UTC',
    random_page_cost: 1.1, // an SSD's: 4 would have a tenth of a table read as a whole
    idle_in_transaction_session_timeout: '60s',
    ...settings
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** A file and not a pipe: the server must not wait for us to read. */
function openLog(file: string): { output: number; from: number } {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_BYTES) renameSync(file, `${file}.1`)
  return { output: openSync(file, 'a', 0o600), from: size > LOG_BYTES ? 0 : size }
}

function lastComplaint(file: string, from: number): string {
  const lines = readFileSync(file).subarray(from).toString().trim().split('\n')
  const complaint = lines.findLast(line => /(FATAL|PANIC|ERROR): /.test(line)) ?? lines.at(-1) ?? ''
  return complaint.replace(/^.*?(?=FATAL|PANIC|ERROR)/, '') || 'it said nothing'
}
