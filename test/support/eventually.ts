import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Polls the condition and resolves when it holds. Rejects after the timeout. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
  everyMs = 10
): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await condition()); await sleep(everyMs)) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
  }
}

/** Returns false for a zombie as well: it has exited, and its parent has not read the exit status yet. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // no /proc here
  }
}
