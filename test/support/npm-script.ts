import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import type { Teardown } from './teardown.js'
import { withoutHooks } from './without-hooks.js'

/** The files of the project that npm scripts need. */
const COPIED = [
  ...['package.json', 'tsconfig.json', 'tsconfig.client.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
  ...['docs', 'drizzle', 'scripts', 'src']
]

/** Copies the project as after `npm ci` in a fresh clone: without dist, and with a link to the installed packages. */
export function copyProject(directory: string): void {
  for (const name of COPIED) cpSync(path.join(PROJECT_ROOT, name), path.join(directory, name), { recursive: true })
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(directory, 'node_modules'))
}

interface Line {
  text: string
  /** The time since the start of the script. */
  seconds: number
}

export interface RunningScript {
  child: ChildProcess
  /** The lines of both streams so far, in the order in which they were written. */
  lines: readonly Line[]
  /** Resolves with the next unread line that matches. Rejects when the script ends without one. */
  line: (pattern: RegExp) => Promise<Line>
  /** Resolves with the exit code when the script has ended. */
  ended: Promise<number | null>
  /** Sends the signal, and resolves with the exit code. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** Runs `npm run NAME` in a copy of the project. The environment is not inherited. */
export function runNpmScript(
  t: Teardown,
  name: string,
  { directory, env }: { directory: string; env: Record<string, string> }
): RunningScript {
  const { PATH = '', HOME = '', TMPDIR, MCS_TEST_RUN } = process.env
  const startedAt = performance.now()
  const child = spawn(...withoutHooks('bash', ['-c', `exec npm run ${name} 2>&1`]), {
    cwd: directory,
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...(MCS_TEST_RUN && { MCS_TEST_RUN }), DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'close').then(() => child.exitCode)
  const lines: Line[] = []
  const reader = createInterface(child.stdout)
  reader.on('line', text => lines.push({ text, seconds: (performance.now() - startedAt) / 1000 }))
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  const end = (signal: NodeJS.Signals) => {
    if (!hasExited()) child.kill(signal)
    return ended
  }
  t.teardown(async () => {
    await end('SIGTERM')
  })
  let read = 0
  return {
    child,
    lines,
    ended,
    end,
    line: async pattern => {
      for (;;) {
        const found = lines.findIndex((line, i) => i >= read && pattern.test(line.text))
        const line = lines[found]
        if (line) {
          read = found + 1
          return line
        }
        if (hasExited()) throw new Error(`no line matches ${pattern}:\n${lines.map(({ text }) => text).join('\n')}`)
        await Promise.race([once(reader, 'line'), ended])
      }
    }
  }
}
