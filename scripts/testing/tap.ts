import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { digest } from './digest.js'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** By tap's own command, which alone measures coverage, or, in three quarters of its time, without its hooks. */
const TAP = [path.join(PROJECT_ROOT, 'node_modules/tap/dist/esm/run.mjs'), '--reporter=tap']
const FILES = [path.join(PROJECT_ROOT, 'dist/scripts/testing/files.js')]
const COVERAGE = path.join(PROJECT_ROOT, '.tap/report/coverage-summary.json')
const TAIL_CHARACTERS = 8192

export interface RunOptions {
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  isCovered: boolean
  /** Every assertion is printed, not only the files and what failed. */
  isVerbose: boolean
}

/** Runs the files, with their output printed, until they end or `signal` aborts them. */
export async function runTap(
  args: readonly string[],
  { env, signal, isCovered, isVerbose }: RunOptions
): Promise<Counts> {
  rmSync(COVERAGE, { force: true })
  // In a group of its own, so that one signal ends tap with its test processes: on SIGTERM tap only prints where it is.
  const tap = spawn(process.execPath, [...(isCovered ? TAP : FILES), ...args], {
    cwd: PROJECT_ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  signal.addEventListener(
    'abort',
    () => {
      if (tap.pid) process.kill(-tap.pid, 'SIGKILL')
    },
    { once: true }
  )
  const shown = digest({ all: isVerbose })
  let tail = ''
  tap.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(shown.write(text))
    tail = (tail + text).slice(-TAIL_CHARACTERS)
  })
  const code = await new Promise<number | null>((resolve, reject) => tap.once('error', reject).once('close', resolve))
  process.stdout.write(shown.end())
  const counts = countsIn(tail)
  // a file that died or timed out fails the run without a failed assertion
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** The shares of lines and branches that the tests ran, in percent; null when tap made no report. */
export function coverage(): { lines: number; branches: number } | null {
  if (!existsSync(COVERAGE)) return null
  // istanbul's json-summary
  const { total } = JSON.parse(readFileSync(COVERAGE, 'utf8')) as {
    total: Record<'lines' | 'branches', { pct: number | 'Unknown' }>
  }
  const { lines, branches } = total
  return typeof lines.pct === 'number' && typeof branches.pct === 'number'
    ? { lines: lines.pct, branches: branches.pct }
    : null
}

/** tap's own summary: `# { total: 12, pass: 10, fail: 1, skip: 1 }`. */
function countsIn(output: string): Counts {
  const summary = [...output.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0]
  if (!summary) return { passed: 0, failed: 1, skipped: 0 }
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail') + count('todo'), skipped: count('skip') }
}
