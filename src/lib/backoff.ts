import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait before the n-th try after a failure, n from 1: doubling, and never longer than `most`. */
export function backOffMs(failures: number, { first = 100, most = 5_000 } = {}): number {
  return Math.min(most, first * 2 ** Math.min(failures - 1, 20))
}

/** Ends early when the signal does, and never throws. One that nothing can end keeps no process alive. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : { ref: false }).catch(() => {})
}
