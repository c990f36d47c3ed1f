/**
 * Returns a function that calls `fn` at most once per interval, and ignores further calls. Used for log lines that
 * would be repeated for each of many requests.
 */
export function throttle(milliseconds: number, fn: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - last < milliseconds) return
    last = now
    fn()
  }
}
