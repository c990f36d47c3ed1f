/** A count of changes that can be waited for, so that no reader polls. */
export interface Arrivals {
  /** To be read before looking for records: what comes after it wakes `after`. */
  count: () => number
  /** Something new can be read. */
  raise: () => void
  /** Resolves when the count has moved on, or at the abort. */
  after: (count: number, abort: AbortSignal) => Promise<void>
}

export function createArrivals (): Arrivals {
  const waiting = new Set<() => void>()
  let count = 0
  return {
    count: () => count,
    raise: () => {
      count++
      for (const wake of waiting) wake()
    },
    after: (seen, abort) => new Promise(resolve => {
      if (seen !== count || abort.aborted) return resolve()
      const wake = () => {
        waiting.delete(wake)
        abort.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      abort.addEventListener('abort', wake)
    })
  }
}
