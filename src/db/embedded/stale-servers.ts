import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from '../../errors.js'
import { isMade, type Place } from './paths.js'
import { postmasterOf } from './postmaster.js'

/**
 * What is sent, and how long it may take: to a postmaster, which sees to its backends, and to backends that have none.
 */
const ROUNDS = [
  { postmaster: 'SIGINT', orphans: 'SIGTERM', patienceMs: 15_000 },
  { postmaster: 'SIGQUIT', orphans: 'SIGQUIT', patienceMs: 5_000 },
  { postmaster: 'SIGKILL', orphans: 'SIGKILL', patienceMs: 5_000 }
] as const

/**
 * Ends what an earlier owner left running on the data, then removes its lock files. The caller holds the owner's lock.
 * In this order: a backend outlives a postmaster that was killed, and a second postmaster beside it ruins the data.
 */
export async function endLeftovers({ data, run }: Place, log: (message: string) => void): Promise<void> {
  if (!isMade(data)) return
  for (const round of ROUNDS) {
    if (serversIn(data).length > 0) await endRound(data, round, log)
  }
  const left = serversIn(data)
  if (left.length > 0)
    throw new EmbeddedPostgresError(`the processes ${left.join(' ')} still use ${data}: end them, then start again`)
  // Postgres keeps the lock files of a dead server while any process has its number: a zombie, or a program that got it
  // since.
  for (const file of [path.join(data, 'postmaster.pid'), path.join(run, '.s.PGSQL.5432.lock')])
    rmSync(file, { force: true })
}

/** Looks again after every signal: a postmaster may be dying already, and then it tells its backends nothing. */
async function endRound(data: string, round: (typeof ROUNDS)[number], log: (message: string) => void): Promise<void> {
  const told = new Set<number>()
  const end = Date.now() + round.patienceMs
  for (let left = serversIn(data); left.length > 0 && Date.now() < end; left = serversIn(data)) {
    const postmaster = left.find(pid => pid === postmasterOf(data)?.pid)
    const news = (postmaster ? [postmaster] : left).filter(pid => !told.has(pid))
    const signal = postmaster ? round.postmaster : round.orphans
    if (news.length > 0) log(`sent ${signal} to a Postgres that an earlier run left behind (${news.join(' ')})`)
    for (const pid of news) tell(pid, signal)
    for (const pid of news) told.add(pid)
    await sleep(20)
  }
}

/** Process ids of servers and backends: all of them work in the data folder. A person's shell may be there too. */
function serversIn(data: string): number[] {
  if (process.platform !== 'linux') return listedServer(data)
  const dir = realpathSync(data)
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && isServerIn(dir, name))
    .map(Number)
}

function isServerIn(dir: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dir && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
  } catch {
    return false // it has ended, or belongs to somebody whose processes cannot use our data
  }
}

/** Without /proc only the postmaster can be known; its number may have gone to another program since. */
function listedServer(data: string): number[] {
  const pid = postmasterOf(data)?.pid
  if (!pid) return []
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' })
  return /postgres/.test(stdout) ? [pid] : []
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it has just ended
  }
}
