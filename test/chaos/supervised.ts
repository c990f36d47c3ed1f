import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnProgram } from '../support/service.js'

/** A process that is started again whenever it ends by itself, as an operator would have it. */
export interface Supervised {
  name: string
  url: string
  start: () => void
  /** SIGKILL; it stays down until it is started. */
  kill: () => Promise<void>
  /** SIGTERM, and SIGKILL when that takes too long. */
  terminate: () => Promise<void>
  freeze: () => void
  thaw: () => void
  isReady: () => Promise<boolean>
  /** Ends that nobody has asked for, of a process that was ready. */
  deaths: () => readonly string[]
  /** All that it has printed, of all its lives. */
  output: () => string
}

export interface SupervisedOptions {
  name: string
  /** Compiled. */
  program: string
  args: readonly string[]
  env: Record<string, string>
  port: number
}

const AGAIN_MS = 200
const GRACE_MS = 5_000
const HEALTH_MS = 2_000
const READY = '"msg":"ready"'

export function supervise({ name, program, args, env, port }: SupervisedOptions): Supervised {
  const url = `http://127.0.0.1:${port}`
  const deaths: string[] = []
  let output = ''
  let wanted = false
  let child: ChildProcess | null = null

  function launch(): void {
    let said = ''
    const running = spawnProgram(program, args, { PORT: String(port), ...env })
    child = running
    for (const stream of [running.stdout, running.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        output += text
      })
    }
    running.once('close', (code, signal) => {
      child = null
      if (!wanted) return
      if (said.includes(READY)) deaths.push(`${name} ended by itself: ${signal ?? code}`)
      setTimeout(() => {
        if (wanted && !child) launch()
      }, AGAIN_MS).unref()
    })
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    wanted = false
    const running = child
    if (!running) return
    const gone = once(running, 'close')
    running.kill(signal)
    if (signal === 'SIGTERM') await Promise.race([gone, sleep(GRACE_MS, undefined, { ref: false })])
    running.kill('SIGKILL')
    await gone
  }

  return {
    name,
    url,
    start: () => {
      wanted = true
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
      fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(HEALTH_MS) }).then(
        answer => answer.status === 200,
        () => false
      ),
    deaths: () => deaths,
    output: () => output
  }
}
