import { DAY_MS } from '../../../lib/instant.js'

/** The classes of requests, most urgent first. */
export const PERMIT_CLASSES = ['action', 'sync', 'reconcile', 'backfill'] as const
export type PermitClass = (typeof PERMIT_CLASSES)[number]

export interface Quota {
  /**
   * Takes one permit, or fails without waiting.
   *
   * @throws QuotaError        nothing is left for this class; `until` is when a permit becomes available
   * @throws RestBlockedError  MightyCall has blocked the key, in this or another process
   */
  take: (apiKey: string, permitClass: PermitClass, now: Date) => Promise<void>
  /** Records that MightyCall refuses requests with this key until an instant. */
  block: (apiKey: string, until: Date) => Promise<void>
}

/** How long a permit counts. */
export const WINDOW_MS = DAY_MS

/** Percent of the budget that a class leaves to more urgent ones: a user's action must not wait for a backfill. */
const RESERVE_PERCENT = { action: 0, sync: 5, reconcile: 15, backfill: 30 } as const satisfies Record<
  PermitClass,
  number
>

/** Returns the limit of a class: it gets a permit while fewer permits of all classes have been taken. */
export function limitOf(permitClass: PermitClass, budget: number): number {
  return Math.floor((budget * (100 - RESERVE_PERCENT[permitClass])) / 100)
}
