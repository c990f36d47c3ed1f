type End = () => Promise<void> | void

/** What is to be ended, last first; `teardown` is like tap's. */
export interface Ends {
  teardown: (end: End) => void
  /** What cannot be ended does not keep the rest alive. */
  close: () => Promise<void>
}

export function createEnds(): Ends {
  const ends: End[] = []
  return {
    teardown: end => {
      ends.push(end)
    },
    close: async () => {
      for (const end of ends.splice(0).reverse())
        await Promise.resolve()
          .then(end)
          .catch((err: Error) => console.error(err.message))
    }
  }
}
