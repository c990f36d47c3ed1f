import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { withoutHooks } from './without-hooks.js'

export interface Child {
  pid: number
  /** The first line that it printed. */
  line: string
  /** SIGKILL; resolves when it is gone. */
  kill: () => Promise<void>
}

/**
 * Runs a compiled program of test/support as a process of its own, to be killed.
 * Resolves when it has printed a line; it is killed when the test ends.
 */
export async function startChild(
  t: { teardown: (fn: () => Promise<void>) => void },
  program: string,
  ...args: string[]
): Promise<Child> {
  const child = spawn(
    ...withoutHooks(process.execPath, [path.join(PROJECT_ROOT, 'dist/test/support', `${program}.js`), ...args]),
    { stdio: ['pipe', 'pipe', 'inherit'] }
  )
  const gone = once(child, 'exit')
  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await gone
  }
  t.teardown(kill)
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), gone.then(() => [''])])
  return { pid: child.pid ?? 0, line: String(line[0]), kill }
}
