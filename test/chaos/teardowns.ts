type TeardownFunction = () => Promise<void> | void

/** Collects teardown functions and runs them in reverse order. `teardown` is like the method of tap. */
export interface Teardowns {
  teardown: (fn: TeardownFunction) => void
  /** Runs all teardown functions. A failing one is logged and does not prevent the others. */
  close: () => Promise<void>
}

export function createTeardowns(): Teardowns {
  const functions: TeardownFunction[] = []
  return {
    teardown: run => {
      functions.push(run)
    },
    close: async () => {
      for (const run of functions.splice(0).reverse())
        await Promise.resolve()
          .then(run)
          .catch((err: Error) => console.error(err.message))
    }
  }
}
