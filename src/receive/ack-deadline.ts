/** Settles like the promise when it settles in time. Otherwise it calls `onLate` and rejects. */
export type AckDeadline = (promise: Promise<void>, onLate: () => void) => Promise<void>

interface Pending {
  deadline: number
  expire: () => void
}

/**
 * Limits the time that each promise is awaited. The result of a late promise is ignored.
 * All promises share one timer: a timer for each would be a tenth of the cost of a webhook.
 */
export function createAckDeadline(milliseconds: number): AckDeadline {
  const pending = new Set<Pending>() // in deadline order
  let timer: NodeJS.Timeout | null = null

  function sweep(): void {
    timer = null
    const now = performance.now()
    for (const entry of pending) {
      if (entry.deadline > now) break
      pending.delete(entry)
      entry.expire()
    }
    watch()
  }

  function watch(): void {
    const [oldest] = pending
    if (oldest) timer = setTimeout(sweep, Math.max(1, oldest.deadline - performance.now())).unref()
  }

  return (promise, onLate) =>
    new Promise((resolve, reject) => {
      const entry: Pending = {
        deadline: performance.now() + milliseconds,
        expire: () => {
          onLate()
          reject(new Error(`no answer within ${milliseconds} ms`))
        }
      }
      pending.add(entry)
      if (!timer) watch()
      promise.then(
        () => {
          pending.delete(entry)
          resolve()
        },
        err => {
          pending.delete(entry)
          reject(err)
        }
      )
    })
}
