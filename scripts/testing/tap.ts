import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import type { Counts, RunOptions } from './run-files.js'
import { compiledFile } from './selection.js'

const TAP = path.join(PROJECT_ROOT, 'node_modules/tap/dist/esm/run.mjs')
const COVERAGE = path.join(PROJECT_ROOT, '.tap/report/coverage-summary.json')
const TAIL_CHARACTERS = 8192

/** Runs the files with the command line of tap, each in its own process. This is slower, but measures coverage. */
export async function runWithCoverage(
  files: readonly string[],
  { env, signal, jobs, timeoutSeconds, bail }: Omit<RunOptions, 'isVerbose'>
): Promise<Counts> {
  rmSync(COVERAGE, { force: true })
  const options = ['--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutSeconds}`, ...(bail ? ['--bail'] : [])]
  // In a group of its own, so that one signal ends tap with its test processes: on SIGTERM tap only prints its state.
  const tap = spawn(process.execPath, [TAP, ...options, ...files.map(compiledFile)], {
    cwd: PROJECT_ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const kill = () => {
    if (tap.pid) process.kill(-tap.pid, 'SIGKILL')
  }
  signal.addEventListener('abort', kill, { once: true })
  let tail = ''
  tap.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    tail = (tail + text).slice(-TAIL_CHARACTERS)
  })
  const code = await new Promise<number | null>((resolve, reject) => tap.once('error', reject).once('close', resolve))
  const counts = countsIn(tail)
  // A file that crashed or timed out fails the run although no assertion has failed.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** The percentages of lines and branches that the tests ran, or null when tap wrote no report. */
export function readCoverage(): { lines: number; branches: number } | null {
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

/** Reads the summary that tap prints: `# { total: 12, pass: 10, fail: 1, skip: 1 }`. */
function countsIn(output: string): Counts {
  const summary = [...output.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0]
  if (!summary) return { passed: 0, failed: 1, skipped: 0 }
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail') + count('todo'), skipped: count('skip') }
}
