import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from '../../errors.js'
import { isMade } from './place.js'
import { postmasterOf } from './postmaster.js'

const ROUNDS = [['SIGINT', 15_000], ['SIGQUIT', 10_000]] as const

/**
 * Ends what an earlier owner left running on the data, then removes its postmaster.pid. The caller holds the owner's lock.
 * In this order: a backend outlives a postmaster that was killed, and a second postmaster beside it ruins the data.
 */
export async function endLeftovers (data: string, log: (message: string) => void): Promise<void> {
  if (!isMade(data)) return
  for (const [signal, patienceMs] of ROUNDS) {
    const left = serversIn(data)
    if (left.length === 0) break
    const postmaster = postmasterOf(data)?.pid
    const told = postmaster && left.includes(postmaster) ? [postmaster] : left // a postmaster sees to its backends
    log(`sent ${signal} to a Postgres that an earlier run left behind (${told.join(' ')})`)
    for (const pid of told) tell(pid, signal)
    for (const end = Date.now() + patienceMs; serversIn(data).length > 0 && Date.now() < end;) await sleep(20)
  }
  const left = serversIn(data)
  if (left.length > 0) throw new EmbeddedPostgresError(`the processes ${left.join(' ')} still use ${data}: end them, then start again`)
  rmSync(path.join(data, 'postmaster.pid'), { force: true })
}

/** Process ids of servers and backends: all of them work in the data folder. A person's shell may be there too. */
function serversIn (data: string): number[] {
  if (process.platform !== 'linux') return listedServer(data)
  const dir = realpathSync(data)
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && isServerIn(dir, name)).map(Number)
}

function isServerIn (dir: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dir && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
  } catch {
    return false // it has ended, or belongs to somebody whose processes cannot use our data
  }
}

/** Without /proc only the postmaster can be known; its number may have gone to another program since. */
function listedServer (data: string): number[] {
  const pid = postmasterOf(data)?.pid
  if (!pid) return []
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' })
  return /postgres/.test(stdout) ? [pid] : []
}

function tell (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it has just ended
  }
}
