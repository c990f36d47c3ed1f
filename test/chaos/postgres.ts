import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { postmasterOf } from '../../src/db/embedded/postmaster.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { runMigrations } from '../../src/db/migrate.js'
import { databaseUrl, statement } from '../support/database.js'
import { isRunning } from '../support/eventually.js'
import type { Teardown } from '../support/teardown.js'

/** A Postgres server into which faults are injected. Its commits survive it, because the machine keeps running. */
export interface ChaosPostgres {
  /** The path of its unix socket. */
  socket: string
  /** Creates a migrated database of that name and returns its URL. */
  create: (name: string) => Promise<string>
  drop: (name: string) => Promise<void>
  start: () => Promise<void>
  kill: () => Promise<void>
  stop: () => Promise<void>
  freeze: () => void
  thaw: () => void
}

// synchronous_commit must stay on: without it commits would be lost with the process
const FAST = { fsync: 'off', full_page_writes: 'off' }
const TEMPLATE = 'chaos_template'

export async function startChaosPostgres(t: Teardown, dir: string): Promise<ChaosPostgres> {
  const open = () => startEmbeddedPostgres({ dataDir: dir, database: 'postgres', settings: FAST, log: () => {} })
  let server: EmbeddedPostgres | null = await open()
  let frozen: number[] = []
  const { url } = server
  const thaw = () => {
    for (const pid of frozen.splice(0)) sendSignal(pid, 'SIGCONT')
  }
  async function end(terminate: (server: EmbeddedPostgres) => Promise<void>): Promise<void> {
    thaw()
    const ending = server
    server = null
    if (ending) await terminate(ending)
  }
  const stop = () => end(running => running.stop())
  t.teardown(stop)
  await statement(url, `create database ${TEMPLATE}`)
  await runMigrations(databaseUrl(url, TEMPLATE))
  return {
    socket: path.join(decodeURIComponent(/@([^:/]+)/.exec(url)?.[1] ?? ''), '.s.PGSQL.5432'),
    create: async name => {
      await statement(url, `create database ${name} template ${TEMPLATE}`)
      return databaseUrl(url, name)
    },
    drop: async name => {
      await statement(url, `drop database if exists ${name} with (force)`)
    },
    start: async () => {
      server ??= await open()
    },
    kill: () =>
      end(async running => {
        sendSignal(running.pid, 'SIGKILL')
        await running.exited
      }),
    stop,
    freeze: () => {
      frozen = server ? processTreeOf(server.pid) : []
      for (const pid of frozen) sendSignal(pid, 'SIGSTOP')
    },
    thaw
  }
}

/** Sends SIGKILL to the embedded Postgres of a service. Returns false when none runs. */
export function killPostmaster(dataDir: string): boolean {
  const postmaster = postmasterOf(path.join(dataDir, 'postgres'))
  if (!postmaster || !isRunning(postmaster.pid)) return false
  sendSignal(postmaster.pid, 'SIGKILL')
  return true
}

/** Stops the process, so that it starts no more children, and returns its id and those of its children. */
function processTreeOf(pid: number): number[] {
  sendSignal(pid, 'SIGSTOP')
  return [
    pid,
    ...readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && parentOf(name) === pid)
      .map(Number)
  ]
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) // the process name may contain spaces
  } catch {
    return 0 // the process has exited
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // the process has just exited
  }
}
