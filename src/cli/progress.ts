import { Presets, SingleBar } from 'cli-progress'

export interface CommandProgress {
  start: (total: number, done: number) => void
  /** @param units  of what the speed is told */
  advance: (items: number, units: number) => void
  /** Prints something above the bar. */
  aside: (print: () => void) => void
  stop: () => void
}

const LINE_EVERY_MS = 10_000

/** How far a long command is: a bar on a terminal, otherwise a line now and then, both on standard error. */
export function createProgress(unit: string): CommandProgress {
  return process.stderr.isTTY ? bar(unit) : lines(unit)
}

function bar(unit: string): CommandProgress {
  const shown = new SingleBar(
    {
      format: `{bar} {percentage} % | {speed} ${unit}/s | {eta_formatted} left`,
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 50
    },
    Presets.shades_classic
  )
  const speed = createSpeed()
  return {
    start: (total, done) => shown.start(total, done, { speed: '-' }),
    advance: (items, units) => shown.increment(items, { speed: speed(units) }),
    aside: print => {
      process.stderr.write('\r\u001b[K') // the bar is drawn again with the next step
      print()
    },
    stop: () => shown.stop()
  }
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
    aside: print => print(),
    stop: () => {}
  }
}

/** Per second, since the beginning. */
function createSpeed(): (units: number) => number {
  const begun = performance.now()
  let sum = 0
  return units => {
    sum += units
    return Math.round((sum / Math.max(performance.now() - begun, 1)) * 1000)
  }
}
