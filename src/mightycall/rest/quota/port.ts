import { DAY_MS } from '../../../lib/instant.js'

/** Most urgent first. */
export const PERMIT_CLASSES = ['action', 'sync', 'reconcile', 'backfill'] as const
export type PermitClass = (typeof PERMIT_CLASSES)[number]

export interface Quota {
  /**
   * Takes one permit, or refuses at once.
   * @throws QuotaError        nothing is left for this class; `until` is when something will be
   * @throws RestBlockedError  MightyCall said so, to whichever process
   */
  take: (apiKey: string, permitClass: PermitClass, now: Date) => Promise<void>
  /** Remembers that MightyCall takes no requests with this key. */
  block: (apiKey: string, until: Date) => Promise<void>
}

/** Requests that MightyCall takes with one API key in 24 h (source: MightyCall API v4, Rate Limits). */
export const PROVIDER_LIMIT = 2_500

/** A permit counts for so long. */
export const WINDOW_MS = DAY_MS

/**
 * Percent of the budget that a class leaves to those above it: a person who acts must not wait for a backfill of last
 * year.
 */
const RESERVE_PERCENT = { action: 0, sync: 5, reconcile: 15, backfill: 30 } as const satisfies Record<
  PermitClass,
  number
>

/** A permit of the class is given while fewer than so many of all classes have been taken. */
export function limitOf(permitClass: PermitClass, budget: number): number {
  return Math.floor((budget * (100 - RESERVE_PERCENT[permitClass])) / 100)
}
