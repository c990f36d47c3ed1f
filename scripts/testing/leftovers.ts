import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Identifies the processes of this run. */
export interface RunMark {
  /** `NAME=value`, in the environment of every process that the run starts. */
  variable: string
  /** The run's temporary folder. */
  dir: string
}

const GRACE_MS = 1000

/**
 * Describes the processes of the run that are still alive one second after everything was stopped, one line for each.
 * Returns nothing on systems without /proc.
 */
export async function leftoversOf(mark: RunMark): Promise<string[]> {
  for (const end = Date.now() + GRACE_MS; alive(mark).length > 0 && Date.now() < end; ) await sleep(20)
  return alive(mark)
}

function alive(mark: RunMark): string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid && belongs(name, mark))
    .map(pid => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`)
}

/** Postgres overwrites its environment with its title, so its working folder identifies it. A zombie has neither. */
function belongs(pid: string, { variable, dir }: RunMark): boolean {
  return read(`/proc/${pid}/environ`).split('\0').includes(variable) || folderOf(pid).startsWith(dir)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process has ended, or belongs to another user
  }
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}
