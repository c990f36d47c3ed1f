/**
 * Returns a function that passes on the first call of a key at once, and then at most one call of the key per interval:
 * the latest one, with the number of calls that it stands for. Used for log lines that would be repeated for each of
 * many requests.
 * @param keyOf   must have few different values, since each is kept for an interval
 * @param report  `count` is 1 for the first call
 */
export function countRepeats<T>(
  milliseconds: number,
  { keyOf, report }: { keyOf: (item: T) => string; report: (item: T, count: number) => void }
): (item: T) => void {
  const repeats = new Map<string, { latest: T; count: number }>()

  function startInterval(key: string, item: T): void {
    const seen = { latest: item, count: 0 }
    repeats.set(key, seen)
    setTimeout(() => {
      repeats.delete(key)
      if (seen.count === 0) return
      startInterval(key, seen.latest)
      report(seen.latest, seen.count)
    }, milliseconds).unref()
  }

  return item => {
    const key = keyOf(item)
    const seen = repeats.get(key)
    if (seen) {
      seen.latest = item
      seen.count++
      return
    }
    startInterval(key, item)
    report(item, 1)
  }
}
