import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnProgram } from '../support/service.js'

/** A process that is restarted when it exits by itself, as a process manager does. */
export interface Supervised {
  name: string
  url: string
  start: () => void
  /** Sends SIGKILL. The process stays down until it is started. */
  kill: () => Promise<void>
  /** Sends SIGTERM, and SIGKILL when the exit takes too long. */
  terminate: () => Promise<void>
  freeze: () => void
  thaw: () => void
  isReady: () => Promise<boolean>
  /** Returns the exits that were not requested, of processes that had been ready. */
  unexpectedExits: () => readonly string[]
  /** The output since the first start. */
  output: () => string
}

export interface SupervisedOptions {
  name: string
  /** The path of a compiled program. */
  program: string
  args: readonly string[]
  env: Record<string, string>
  port: number
}

const RESTART_DELAY_MS = 200
const GRACE_MS = 5_000
const HEALTH_TIMEOUT_MS = 2_000
const READY = '"msg":"ready"'

export function supervise({ name, program, args, env, port }: SupervisedOptions): Supervised {
  const url = `http://127.0.0.1:${port}`
  const unexpectedExits: string[] = []
  let output = ''
  let shouldRun = false
  let child: ChildProcess | null = null

  function launch(): void {
    let runOutput = ''
    const running = spawnProgram(program, args, { PORT: String(port), ...env })
    child = running
    for (const stream of [running.stdout, running.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        runOutput += text
        output += text
      })
    }
    running.once('close', (code, signal) => {
      child = null
      if (!shouldRun) return
      if (runOutput.includes(READY)) unexpectedExits.push(`${name} exited by itself: ${signal ?? code}`)
      setTimeout(() => {
        if (shouldRun && !child) launch()
      }, RESTART_DELAY_MS).unref()
    })
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    shouldRun = false
    const running = child
    if (!running) return
    const closed = once(running, 'close')
    running.kill(signal)
    if (signal === 'SIGTERM') await Promise.race([closed, sleep(GRACE_MS, undefined, { ref: false })])
    running.kill('SIGKILL')
    await closed
  }

  return {
    name,
    url,
    start: () => {
      shouldRun = true
      if (!child) launch()
    },
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    freeze: () => {
      child?.kill('SIGSTOP')
    },
    thaw: () => {
      child?.kill('SIGCONT')
    },
    isReady: () =>
      fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) }).then(
        answer => answer.status === 200,
        () => false
      ),
    unexpectedExits: () => unexpectedExits,
    output: () => output
  }
}
