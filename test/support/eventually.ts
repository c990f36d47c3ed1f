import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const MIN_POLL_MS = 5
const MAX_POLL_MS = 50

/**
 * Polls the condition and resolves when it holds. Rejects after the timeout. The longer it takes, the less often it
 * polls, unless `everyMs` is given, since conditions that query a database would otherwise keep a processor busy.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
  everyMs?: number
): Promise<void> {
  const begun = performance.now()
  while (!(await condition())) {
    const elapsedMs = performance.now() - begun
    if (elapsedMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(everyMs ?? Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, elapsedMs / 10)))
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
