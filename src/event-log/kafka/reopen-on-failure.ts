import { LogClosedError } from '../../errors.js'
import { withTimeout } from '../../lib/timeout.js'

/** A connection-like object that is discarded after its first failure and opened again by the next use. */
export interface Reopening<T> {
  /** @throws LogClosedError, or DeadlineError or the error of `work`; the object is discarded after these two */
  use: <R>(work: (object: T) => Promise<R>) => Promise<R>
  close: () => Promise<void>
}

interface Opened<T> {
  object: Promise<T>
  /** The uses that have not settled yet. */
  uses: number
  isDiscarded: boolean
}

/** The deadline covers opening and work together. */
export function reopenOnFailure<T>(
  deadlineMs: number,
  open: () => Promise<T>,
  dispose: (object: T) => Promise<void>
): Reopening<T> {
  let current: Opened<T> | null = null
  let isClosed = false

  async function use<R>(work: (object: T) => Promise<R>): Promise<R> {
    if (isClosed) throw new LogClosedError()
    current ??= { object: open(), uses: 0, isDiscarded: false }
    const mine = current
    mine.uses++
    const working = mine.object.then(work)
    void working.catch(() => discard(mine)).then(() => endUse(mine))
    try {
      return await withTimeout(deadlineMs, working)
    } catch (err) {
      discard(mine)
      throw err
    }
  }

  function discard(opened: Opened<T>): void {
    opened.isDiscarded = true
    if (current === opened) current = null
  }

  /** Only the last use disposes the object: a failing one may reconnect while it ends, and would stay connected. */
  function endUse(opened: Opened<T>): void {
    opened.uses--
    if (opened.isDiscarded && opened.uses === 0) opened.object.then(dispose).catch(() => {})
  }

  async function close(): Promise<void> {
    isClosed = true
    const last = current
    current = null
    if (last) last.isDiscarded = true
    await last?.object.then(dispose).catch(() => {})
  }

  return { use, close }
}
