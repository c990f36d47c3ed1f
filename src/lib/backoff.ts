import { setTimeout as sleep } from 'node:timers/promises'

export interface BackOff {
  /** Milliseconds before the second attempt. */
  first?: number
  /** The longest wait in milliseconds. */
  most?: number
}

/** How long to wait after the n-th failure in a row, n from 1: the wait doubles with each failure up to `most`. */
export function backOffMs(failures: number, { first = 100, most = 5_000 }: BackOff = {}): number {
  return Math.min(most, first * 2 ** Math.min(failures - 1, 20))
}

/**
 * Shortens a wait by up to half.
 * @param random  0 to 1
 */
export function withJitter(ms: number, random: number): number {
  return ms * (0.5 + random / 2)
}

/** Waits, and never throws. An abort of the signal ends the wait, which without a signal does not keep Node running. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : { ref: false }).catch(() => {})
}
