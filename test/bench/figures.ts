export interface Figure {
  name: string
  value: number
  unit: string
  /** Undefined for an absolute figure, which is never a gate. */
  goal?: Goal
}

export type Goal = { atLeast: number } | { atMost: number }

/** Formats `name value unit goal met|missed`; an absolute figure ends with `-`. */
export function lineOf({ name, value, unit, goal }: Figure): string {
  if (!goal) return `${name} ${formatValue(value)} ${unit} -`
  return 'atLeast' in goal
    ? `${name} ${formatValue(value)} ${unit} >=${goal.atLeast} ${verdict(value >= goal.atLeast)}`
    : `${name} ${formatValue(value)} ${unit} <=${goal.atMost} ${verdict(value <= goal.atMost)}`
}

/** Returns the median, or NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** Returns the value that the given share of the sorted values does not exceed. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Returns the median of the ratios of each round, because a slow machine slows both sides of a ratio. */
export function medianRatio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, i) => value / (under[i] ?? Number.NaN)))
}

function formatValue(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toFixed(value >= 100 ? 1 : 3)))
}

function verdict(met: boolean): string {
  return met ? 'met' : 'missed'
}
