import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Figure, lineOf } from './figures.js'

export type Bench = (context: Context) => Promise<void>

export interface Context {
  rounds: number
  seconds: number
  /** The number of simulated days, and the speed of simulated time. */
  days: number
  speed: number
  /** The number of calls in the tables, for the bench `query`. */
  calls: number
  /** A folder that is removed at the end. */
  dir: string
  print: (figure: Figure) => void
  /** Shows the current step on a terminal. */
  progress: (text: string) => void
  /** Registers a teardown function. They run in reverse order, like those of tap. */
  teardown: (end: () => Promise<void> | void) => void
  close: () => Promise<void>
}

export function openContext(
  bench: string,
  { rounds, seconds, days, speed, calls }: Pick<Context, 'rounds' | 'seconds' | 'days' | 'speed' | 'calls'>
): Context {
  const dir = mkdtempSync(path.join(os.tmpdir(), `mcs-bench-${bench}-`))
  chmodSync(dir, 0o711) // when run by root, Postgres runs as another user
  const teardowns: (() => Promise<void> | void)[] = [() => rmSync(dir, { recursive: true, force: true })]
  const terminal = process.stderr.isTTY === true
  const progress = (text: string) => {
    if (terminal) process.stderr.write(`\r\u001b[K${text && `${bench}: ${text}`}`)
  }
  let closing: Promise<void> | null = null

  async function closeAll(): Promise<void> {
    progress('')
    for (const end of teardowns.splice(0).reverse())
      await Promise.resolve(end()).catch((err: Error) => console.error(`${bench}: ${err.message}`))
    for (const signal of SIGNALS) process.removeListener(signal, interrupt)
  }
  const close = () => (closing ??= closeAll())
  const interrupt = () => {
    close().finally(() => process.exit(130))
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)

  return {
    rounds,
    seconds,
    days,
    speed,
    calls,
    dir,
    progress,
    close,
    teardown: end => {
      teardowns.push(end)
    },
    print: figure => {
      progress('')
      console.log(lineOf(figure))
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
