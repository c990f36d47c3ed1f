/** Most urgent first. */
export const PERMIT_CLASSES = ['action', 'sync', 'reconcile', 'backfill'] as const
export type PermitClass = typeof PERMIT_CLASSES[number]

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
