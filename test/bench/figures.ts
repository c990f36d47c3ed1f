export interface Figure {
  name: string
  value: number
  unit: string
  /** None: an absolute figure, which is never a gate. */
  goal?: Goal
}

export type Goal = { atLeast: number } | { atMost: number }

/** `name value unit goal met|missed`; an absolute figure ends with `-`. */
export function lineOf({ name, value, unit, goal }: Figure): string {
  if (!goal) return `${name} ${shown(value)} ${unit} -`
  return 'atLeast' in goal
    ? `${name} ${shown(value)} ${unit} >=${goal.atLeast} ${verdict(value >= goal.atLeast)}`
    : `${name} ${shown(value)} ${unit} <=${goal.atMost} ${verdict(value <= goal.atMost)}`
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** The value that so large a share of them does not exceed. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The median of what each round says by itself: a slow minute of the machine slows both sides of a ratio. */
export function medianRatio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, i) => value / (under[i] ?? Number.NaN)))
}

function shown(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toFixed(value >= 100 ? 1 : 3)))
}

function verdict(met: boolean): string {
  return met ? 'met' : 'missed'
}
