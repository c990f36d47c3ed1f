/** Counts promises that have not settled. */
export interface Pending {
  /** Passes on the promise. */
  watch: <T> (promise: Promise<T>) => Promise<T>
  /** Resolves when none is under way; at once when that is so already. */
  idle: () => Promise<void>
}

export function createPending (): Pending {
  let count = 0
  let waiting: (() => void)[] = []
  const settle = () => {
    if (--count > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }
  return {
    watch: promise => {
      count++
      promise.then(settle, settle)
      return promise
    },
    idle: () => count === 0 ? Promise.resolve() : new Promise(resolve => { waiting.push(resolve) })
  }
}
