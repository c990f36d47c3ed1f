export interface Semaphore {
  run: <T>(work: () => Promise<T>) => Promise<T>
}

/** Limits how many tasks run at once. The others wait, and start in the order in which they were passed to `run`. */
export function createSemaphore(limit: number): Semaphore {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    run: async work => {
      if (running >= limit)
        await new Promise<void>(resolve => waiting.push(resolve)) // the finished task hands its slot over
      else running++
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    }
  }
}
