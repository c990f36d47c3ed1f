/** Work that runs until it is closed. */
export interface BackgroundService {
  /** Why it does not work at the moment, or null when it does. */
  trouble: () => string | null | Promise<string | null>
  close: () => Promise<void>
}

/** The result of a start that leaves nothing running, such as a migration. */
export const NOTHING_RUNNING: BackgroundService = { trouble: () => null, close: async () => {} }

/** Concurrent callers share one run. A success is kept; after a failure the next call runs the work again. */
export function shareUntilSuccess(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => {
    running ??= work().catch(err => {
      running = null
      throw err
    })
    return running
  }
}
