import { withTimeout } from '../../lib/timeout.js'

/** An object that is used until it fails once, and then never again. */
export interface UntilFailure<T> {
  /** @throws whatever the work throws, or DeadlineError; the object is gone then, and the next use opens a new one */
  use: <R>(work: (object: T) => Promise<R>) => Promise<R>
  close: () => Promise<void>
}

/** The deadline holds for opening and work together. */
export function untilFailure<T>(
  deadlineMs: number,
  open: () => Promise<T>,
  dispose: (object: T) => Promise<void>
): UntilFailure<T> {
  let current: Promise<T> | null = null

  async function use<R>(work: (object: T) => Promise<R>): Promise<R> {
    current ??= open()
    const mine = current
    const working = mine.then(work)
    try {
      return await withTimeout(deadlineMs, working)
    } catch (err) {
      if (current === mine) current = null
      // Not before the work has settled: a failing send may reconnect on its way out, and would stay connected.
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
