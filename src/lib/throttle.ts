/** The function, called at most once in so long; further calls are dropped. For log lines that a flood would repeat. */
export function throttle(milliseconds: number, fn: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - last < milliseconds) return
    last = now
    fn()
  }
}
