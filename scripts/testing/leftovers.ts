import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What tells the processes of this run from all others. */
export interface RunMark {
  /** NAME=value, in the environment of everything that the run starts. */
  variable: string
  /** The run's temporary folder. */
  dir: string
}

const GRACE_MS = 1000

/**
 * Processes of the run that are still alive, a moment after everything was stopped; one line for each. Empty where
 * there is no /proc.
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

/** Postgres writes its title over its environment: it is known by the folder that it works in. A zombie has neither. */
function belongs(pid: string, { variable, dir }: RunMark): boolean {
  return read(`/proc/${pid}/environ`).split('\0').includes(variable) || folderOf(pid).startsWith(dir)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it ended, or is not ours
  }
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}
