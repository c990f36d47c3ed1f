/**
 * Returns a function that calls `fn` at most once per interval, and ignores further calls. Used for log lines that
 * would be repeated for each of many requests.
 */
export function throttle<A extends unknown[]>(milliseconds: number, fn: (...args: A) => void): (...args: A) => void {
  let last = Number.NEGATIVE_INFINITY
  return (...args) => {
    const now = performance.now()
    if (now - last < milliseconds) return
    last = now
    fn(...args)
  }
}
