import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { runMigrations } from '../../src/db/migrate.js'
import { databaseUrl, statement } from '../support/database.js'

interface Teardown {
  teardown: (fn: () => Promise<void>) => void
}

/** A Postgres to be mistreated. Its commits outlive it, since the machine does. */
export interface OwnPostgres {
  /** Of its unix socket. */
  socket: string
  /** The address of a new database of that name, already migrated. */
  create: (name: string) => Promise<string>
  drop: (name: string) => Promise<void>
  start: () => Promise<void>
  kill: () => Promise<void>
  stop: () => Promise<void>
  freeze: () => void
  thaw: () => void
}

// but not without synchronous_commit: what it promised would go with the process
const FAST = { fsync: 'off', full_page_writes: 'off' }
const TEMPLATE = 'chaos_template'

export async function startOwnPostgres(t: Teardown, dir: string): Promise<OwnPostgres> {
  const open = () => startEmbeddedPostgres({ dataDir: dir, database: 'postgres', settings: FAST, log: () => {} })
  let server: EmbeddedPostgres | null = await open()
  let frozen: number[] = []
  const { url } = server
  const thaw = () => {
    for (const pid of frozen.splice(0)) tell(pid, 'SIGCONT')
  }
  async function end(how: (server: EmbeddedPostgres) => Promise<void>): Promise<void> {
    thaw()
    const ending = server
    server = null
    if (ending) await how(ending)
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
        tell(running.pid, 'SIGKILL')
        await running.exited
      }),
    stop,
    freeze: () => {
      frozen = server ? familyOf(server.pid) : []
      for (const pid of frozen) tell(pid, 'SIGSTOP')
    },
    thaw
  }
}

/** The process and its children; it is stopped first, and so has no new ones. */
function familyOf(pid: number): number[] {
  tell(pid, 'SIGSTOP')
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
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) // the name before may hold spaces
  } catch {
    return 0 // it has ended
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it has just ended
  }
}
