import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from '../../errors.js'
import { hasCluster, type ServerPaths } from './paths.js'
import { postmasterOf } from './postmaster.js'

/**
 * The signals to a postmaster, which ends its backends, and to backends without a postmaster, with increasing force.
 */
const ROUNDS = [
  { postmaster: 'SIGINT', orphans: 'SIGTERM', timeoutMs: 15_000 },
  { postmaster: 'SIGQUIT', orphans: 'SIGQUIT', timeoutMs: 5_000 },
  { postmaster: 'SIGKILL', orphans: 'SIGKILL', timeoutMs: 5_000 }
] as const

/**
 * Ends the processes that an earlier owner left running on the data, then removes their lock files. The caller holds
 * the lock of the owner. All processes must end first: a backend outlives a postmaster that was killed, and a second
 * postmaster at the same time would corrupt the data.
 */
export async function endStaleServers({ data, run }: ServerPaths, log: (message: string) => void): Promise<void> {
  if (!hasCluster(data)) return
  for (const round of ROUNDS) {
    if (serversIn(data).length > 0) await endRound(data, round, log)
  }
  const left = serversIn(data)
  if (left.length > 0)
    throw new EmbeddedPostgresError(`the processes ${left.join(' ')} still use ${data}: end them, then start again`)
  // Postgres respects the lock files of a dead server as long as any process has its id, such as a zombie or another
  // program.
  for (const file of [path.join(data, 'postmaster.pid'), path.join(run, '.s.PGSQL.5432.lock')])
    rmSync(file, { force: true })
}

/** Lists the processes again after each signal: a postmaster that is already ending does not signal its backends. */
async function endRound(data: string, round: (typeof ROUNDS)[number], log: (message: string) => void): Promise<void> {
  const signaled = new Set<number>()
  const end = performance.now() + round.timeoutMs
  for (let left = serversIn(data); left.length > 0 && performance.now() < end; left = serversIn(data)) {
    const postmaster = left.find(pid => pid === postmasterOf(data)?.pid)
    const targets = (postmaster ? [postmaster] : left).filter(pid => !signaled.has(pid))
    const signal = postmaster ? round.postmaster : round.orphans
    if (targets.length > 0) log(`sent ${signal} to a Postgres that an earlier run left behind (${targets.join(' ')})`)
    for (const pid of targets) {
      send(signal, pid)
      signaled.add(pid)
    }
    await sleep(20)
  }
}

/** The ids of servers and backends, whose working folder is the data folder. Other programs there are ignored. */
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
    return false // it has ended, or belongs to an account that cannot use the data
  }
}

/** Without /proc only the postmaster is known, and another program may have its id by now. */
function listedServer(data: string): number[] {
  const pid = postmasterOf(data)?.pid
  if (!pid) return []
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' })
  return /postgres/.test(stdout) ? [pid] : []
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal)
  } catch {
    // the process has just ended
  }
}
