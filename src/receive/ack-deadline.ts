/** The promise's own outcome, when it comes in time. When it does not, `onLate` is called and this rejects. */
export type AckDeadline = (promise: Promise<void>, onLate: () => void) => Promise<void>

interface Pending {
  until: number
  late: () => void
}

/**
 * Bounds how long promises are waited for, all by the same time; what becomes of a late one is heard by nobody.
 * One timer looks after all of them: a timer for each would be a tenth of the cost of a webhook.
 */
export function createAckDeadline(milliseconds: number): AckDeadline {
  const pending = new Set<Pending>() // in the order of their deadlines
  let timer: NodeJS.Timeout | null = null

  function sweep(): void {
    timer = null
    const now = performance.now()
    for (const entry of pending) {
      if (entry.until > now) break
      pending.delete(entry)
      entry.late()
    }
    watch()
  }

  function watch(): void {
    const [oldest] = pending
    if (oldest) timer = setTimeout(sweep, Math.max(1, oldest.until - performance.now())).unref()
  }

  return (promise, onLate) =>
    new Promise((resolve, reject) => {
      const entry: Pending = {
        until: performance.now() + milliseconds,
        late: () => {
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
