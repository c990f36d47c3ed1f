import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { withoutHooks } from '../../support/without-hooks.js'

export interface Program {
  /** The complete lines printed so far. */
  lines: () => string[]
  /** Sends SIGKILL; resolves with all complete lines after the process has ended and its output was read. */
  kill: () => Promise<string[]>
}

/**
 * Starts the adapter's file as a process: `append LOCATION WRITERS` or `consume LOCATION GROUP DIR WRITERS`. It is
 * killed when the test ends.
 */
export function startProgram(t: Test, file: string, ...args: string[]): Program {
  const child = spawn(...withoutHooks(process.execPath, [file, ...args]), { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const lines = () => output.split('\n').slice(0, -1)

  async function kill(): Promise<string[]> {
    child.kill('SIGKILL')
    await closed
    return lines()
  }

  t.teardown(kill)
  return { lines, kill }
}
