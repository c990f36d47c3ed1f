import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves as soon as the condition holds; rejects when it never does. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs = 15_000,
  everyMs = 10
): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await condition()); await sleep(everyMs)) {
    if (Date.now() > end) throw new Error(`not within ${patienceMs} ms: ${what}`)
  }
}

/** False for a zombie too: it has ended, and only waits for its parent to hear of it. */
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
