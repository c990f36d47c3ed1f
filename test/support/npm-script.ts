import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { withoutHooks } from './without-hooks.js'

/** What npm scripts need of the project. */
const COPIED = [
  ...['package.json', 'tsconfig.json', 'tsconfig.client.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
  ...['docs', 'drizzle', 'scripts', 'src']
]

/** A copy of the project as in a fresh clone after `npm ci`: without dist, with a link to the installed packages. */
export function copyProject(directory: string): void {
  for (const name of COPIED) cpSync(path.join(PROJECT_ROOT, name), path.join(directory, name), { recursive: true })
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(directory, 'node_modules'))
}

interface Line {
  text: string
  /** Since the script was started. */
  seconds: number
}

export interface RunningScript {
  child: ChildProcess
  /** All lines until now, of both streams in the order of writing. */
  lines: readonly Line[]
  /** Resolves with the next unread line that matches. Rejects when the script ends without one. */
  line: (pattern: RegExp) => Promise<Line>
  /** Resolves with the exit code when the script has ended. */
  ended: Promise<number | null>
  /** Sends the signal, and resolves with the exit code. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** Runs `npm run NAME` in a copy of the project, with an environment that holds nothing of the caller's. */
export function runNpmScript(
  t: { teardown: (fn: () => Promise<void>) => void },
  name: string,
  { directory, env }: { directory: string; env: Record<string, string> }
): RunningScript {
  const { PATH = '', HOME = '', TMPDIR, MCS_TEST_RUN } = process.env
  const began = performance.now()
  const child = spawn(...withoutHooks('bash', ['-c', `exec npm run ${name} 2>&1`]), {
    cwd: directory,
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...(MCS_TEST_RUN && { MCS_TEST_RUN }), DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'close').then(() => child.exitCode)
  const lines: Line[] = []
  const reader = createInterface(child.stdout)
  reader.on('line', text => lines.push({ text, seconds: (performance.now() - began) / 1000 }))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const end = (signal: NodeJS.Signals) => {
    if (!isOver()) child.kill(signal)
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
        if (isOver()) throw new Error(`no line matches ${pattern}:\n${lines.map(({ text }) => text).join('\n')}`)
        await Promise.race([once(reader, 'line'), ended])
      }
    }
  }
}
