import { withTimeout } from '../../lib/timeout.js'

/** A connection-like object that is discarded after its first failure and opened again by the next use. */
export interface Reopening<T> {
  /** @throws DeadlineError, or the error of `work`; the object is discarded then */
  use: <R>(work: (object: T) => Promise<R>) => Promise<R>
  close: () => Promise<void>
}

/** The deadline covers opening and work together. */
export function reopenOnFailure<T>(
  deadlineMs: number,
  open: () => Promise<T>,
  dispose: (object: T) => Promise<void>
): Reopening<T> {
  let current: Promise<T> | null = null

  async function use<R>(work: (object: T) => Promise<R>): Promise<R> {
    current ??= open()
    const mine = current
    const working = mine.then(work)
    try {
      return await withTimeout(deadlineMs, working)
    } catch (err) {
      if (current === mine) current = null
      // Dispose only after the work has settled: a failing send may reconnect while it ends, and would stay connected.
      void working
        .catch(() => {})
        .then(async () => {
          await dispose(await mine)
        })
        .catch(() => {})
      throw err
    }
  }

  async function close(): Promise<void> {
    const last = current
    current = null
    await last?.then(dispose).catch(() => {})
  }

  return { use, close }
}
