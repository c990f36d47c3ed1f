import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import type { Teardown } from './teardown.js'
import { withoutHooks } from './without-hooks.js'

export interface Child {
  pid: number
  /** The first line that the program printed. */
  line: string
  /** Sends SIGKILL and resolves when the process has exited. */
  kill: () => Promise<void>
}

/**
 * Runs a compiled program of test/support in a child process that tests can kill.
 * Resolves when it has printed its first line. It is killed when the test ends.
 */
export async function startChild(t: Teardown, program: string, ...args: string[]): Promise<Child> {
  const child = spawn(
    ...withoutHooks(process.execPath, [path.join(PROJECT_ROOT, 'dist/test/support', `${program}.js`), ...args]),
    { stdio: ['pipe', 'pipe', 'inherit'] }
  )
  const exited = once(child, 'exit')
  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await exited
  }
  t.teardown(kill)
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), exited.then(() => [''])])
  return { pid: child.pid ?? 0, line: String(line[0]), kill }
}
