import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from '../../errors.js'
import type { Account } from './account.js'
import type { Binaries } from './binaries.js'
import type { ServerPaths } from './paths.js'
import { type SupervisedProcess, spawnSupervised } from './supervised-process.js'

export type Settings = Readonly<Record<string, string | number>>

/** Arguments of `env`: messages in English, and without the PG* variables of the operator. */
export const CLEAN_ENVIRONMENT = [
  '-u',
  'PGDATA',
  '-u',
  'PGPORT',
  '-u',
  'PGDATESTYLE',
  '-u',
  'PGCLIENTENCODING',
  'LC_ALL=C'
]

export interface LaunchOptions {
  account: Account
  paths: ServerPaths
  settings: Settings
  log: (message: string) => void
  signal?: AbortSignal | undefined
}

const MAX_LOG_BYTES = 8 << 20
const PROGRESS_INTERVAL_MS = 15_000

/** What the running server writes to postmaster.pid; null when there is no such file. */
export function postmasterOf(data: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return null
  }
}

/**
 * Starts the server and resolves when it accepts connections. There is no timeout: after a crash the server replays its
 * log, and if it were killed meanwhile, it would start the replay again each time.
 * @throws EmbeddedPostgresError  when the server ended, also after an abort; the message contains its last error
 */
export async function launch(
  binaries: Binaries,
  { account, paths, settings, log, signal }: LaunchOptions
): Promise<SupervisedProcess> {
  const { output, from } = openLog(paths.log)
  const args = [
    ...CLEAN_ENVIRONMENT,
    path.join(binaries.dir, 'postgres'),
    '-D',
    paths.data,
    ...settingArgs(paths, settings)
  ]
  const server = await spawnSupervised('/usr/bin/env', args, { ...account, signal: 'INT', output }).finally(() =>
    closeSync(output)
  )
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  let reportedAt = performance.now()
  for (;;) {
    const postmaster = postmasterOf(paths.data)
    if (postmaster?.pid === server.pid && postmaster.ready) return server
    if (ended)
      throw new EmbeddedPostgresError(
        `the server ended while starting: ${lastError(paths.log, from)} (more in ${paths.log})`
      )
    if (signal?.aborted) server.end()
    if (performance.now() - reportedAt > PROGRESS_INTERVAL_MS) {
      log('Postgres is still starting: it is recovering from a crash')
      reportedAt = performance.now()
    }
    await sleep(10)
  }
}

function settingArgs(paths: ServerPaths, settings: Settings): string[] {
  const all = {
    listen_addresses: '', // no TCP port, which could be in use or attacked
    port: 5432, // part of the name of the socket
    unix_socket_directories: `"${paths.run.replaceAll('"', '""')}"`,
    timezone: 'UTC',
    random_page_cost: 1.1, // for an SSD: with 4, reading a tenth of a table would scan all of it
    idle_in_transaction_session_timeout: '60s',
    ...settings
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** A file instead of a pipe, so that the server never waits for this process to read. */
function openLog(file: string): { output: number; from: number } {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`)
  return { output: openSync(file, 'a', 0o600), from: size > MAX_LOG_BYTES ? 0 : size }
}

/** What the server answers to clients that connect too early. */
const REFUSED_CLIENT = /FATAL: +the database system is /

function lastError(file: string, from: number): string {
  const lines = readFileSync(file)
    .subarray(from)
    .toString()
    .trim()
    .split('\n')
    .filter(line => !REFUSED_CLIENT.test(line))
  const error = lines.findLast(line => /(FATAL|PANIC|ERROR): /.test(line)) ?? lines.at(-1) ?? ''
  return error.replace(/^.*?(?=FATAL|PANIC|ERROR)/, '') || 'it printed no message'
}
