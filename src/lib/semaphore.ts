export interface Gate {
  run: <T>(work: () => Promise<T>) => Promise<T>
}

/** Lets so many work at once; the others wait in their order. */
export function createGate(most: number): Gate {
  const waiting: (() => void)[] = []
  let working = 0
  return {
    run: async work => {
      if (working >= most)
        await new Promise<void>(resolve => waiting.push(resolve)) // the place is handed over, not freed
      else working++
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else working--
      }
    }
  }
}
