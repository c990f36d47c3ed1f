import { Presets, SingleBar } from 'cli-progress'

export interface CommandProgress {
  start: (total: number, done: number) => void
  /** @param units  what the speed is measured in */
  advance: (items: number, units: number) => void
  /** Prints above the bar. */
  printAbove: (print: () => void) => void
  stop: () => void
}

/** The interval between lines when standard error is not a terminal. */
export const LINE_EVERY_MS = 10_000

/** Shows the progress of a long command on standard error: a bar on a terminal, otherwise a line from time to time. */
export function createProgress(unit: string): CommandProgress {
  return process.stderr.isTTY ? bar(unit) : lines(unit)
}

function bar(unit: string): CommandProgress {
  const shown = openBar(`{bar} {percentage} % | {speed} ${unit}/s | {eta_formatted} left`, { etaBuffer: 50 })
  const speed = createSpeed()
  return {
    start: (total, done) => shown.start(total, done, { speed: '-' }),
    advance: (items, units) => shown.increment(items, { speed: speed(units) }),
    printAbove: printAboveBar,
    stop: () => shown.stop()
  }
}

/** A bar on standard error. */
export function openBar(format: string, options: { barsize?: number; etaBuffer?: number } = {}): SingleBar {
  return new SingleBar({ format, hideCursor: true, stream: process.stderr, ...options }, Presets.shades_classic)
}

/** Erases the bar before it prints; the next update draws the bar again. */
export function printAboveBar(print: () => void): void {
  process.stderr.write('\r\u001b[K')
  print()
}

function lines(unit: string): CommandProgress {
  const speed = createSpeed()
  let [total, done, last] = [0, 0, performance.now()]
  return {
    start: (all, already) => {
      ;[total, done] = [all, already]
    },
    advance: (items, units) => {
      done += items
      const rate = speed(units)
      if (performance.now() - last < LINE_EVERY_MS) return
      last = performance.now()
      console.error(`${Math.floor((done / Math.max(total, 1)) * 100)} %, ${rate} ${unit}/s`)
    },
    printAbove: print => print(),
    stop: () => {}
  }
}

/** Measures units per second since the start. */
function createSpeed(): (units: number) => number {
  const begun = performance.now()
  let sum = 0
  return units => {
    sum += units
    return Math.round((sum / Math.max(performance.now() - begun, 1)) * 1000)
  }
}
