export interface KeptAlive {
  /** Stops and gives what made the heart stop before, or null. */
  stop: () => Promise<unknown>
}

/** Beats while a handler works, so that a slow one is not thrown out of its group. After a failure it beats no more. */
export function keepAlive (beat: () => Promise<void>, everyMs: number): KeptAlive {
  let failure: unknown = null
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = beat().catch((err: unknown) => {
      failure ??= err
      clearInterval(timer)
    })
  }, everyMs)

  async function stop (): Promise<unknown> {
    clearInterval(timer)
    await last
    return failure
  }

  return { stop }
}
