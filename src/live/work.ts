import { pause } from '../lib/backoff.js'

const RETRY_MS = 1_000

/**
 * Does work whenever it is woken, never twice at once, and again while it says that there is more. Then it rests as long as it has
 * worked, which leaves time to others, and all that wakes it meanwhile is one more time. What fails is tried again.
 */
export function createWork (work: () => Promise<boolean>, onFailure: () => void): { wake: () => void } {
  let isWanted = false
  let isRunning = false

  async function run (): Promise<void> {
    isRunning = true
    while (isWanted) {
      isWanted = false
      const begun = performance.now()
      try {
        if (await work()) {
          isWanted = true
          continue
        }
      } catch {
        onFailure()
        setTimeout(wake, RETRY_MS).unref()
      }
      await pause(performance.now() - begun)
    }
    isRunning = false
  }

  function wake (): void {
    isWanted = true
    if (!isRunning) void run()
  }

  return { wake }
}
