import type { RunResult } from './run.js'

const SHOWN = 20

/** Reports a run in one line. */
export function lineOf({
  seed,
  acknowledged,
  rejected,
  lost,
  duplicated,
  stuck,
  unavailableMs,
  recoveredMs,
  durationMs,
  problems
}: RunResult): string {
  const counts = { acknowledged, rejected, lost, duplicated, stuck }
  const times = [
    `unavailable ${seconds(unavailableMs)}`,
    `recovered in ${seconds(recoveredMs)}`,
    `took ${seconds(durationMs)}`
  ]
  return [`seed ${seed}`, ...countsOf(counts), ...times, problems.length === 0 ? 'ok' : 'FAILED'].join('  ')
}

/** Returns the lines of the first problems. */
export function problemLines(problems: readonly string[]): string[] {
  return [...problems.slice(0, SHOWN), ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [])].map(
    line => `  ${line}`
  )
}

/** Summarizes all runs in one line, with the failed seeds. */
export function summaryLine(results: readonly RunResult[]): string {
  const sum = (name: 'acknowledged' | 'rejected' | 'lost' | 'duplicated' | 'stuck') =>
    results.reduce((total, result) => total + result[name], 0)
  const failed = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed)
  const counts = {
    acknowledged: sum('acknowledged'),
    rejected: sum('rejected'),
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    stuck: sum('stuck')
  }
  const worst = Math.max(0, ...results.map(({ unavailableMs }) => unavailableMs))
  return [
    `${results.length} runs`,
    ...countsOf(counts),
    `longest unavailability ${seconds(worst)}`,
    failed.length === 0 ? 'ok' : `FAILED: seed ${failed.join(', ')}`
  ].join('  ')
}

function countsOf(counts: Record<string, number>): string[] {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
