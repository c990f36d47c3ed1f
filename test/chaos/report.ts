import type { RunResult } from './run.js'

const SHOWN = 20

/** One line for a run. */
export function lineOf({
  seed,
  acknowledged,
  refused,
  lost,
  doubled,
  stuck,
  unavailableMs,
  recoveredMs,
  tookMs,
  problems
}: RunResult): string {
  const counts = { acknowledged, refused, lost, doubled, stuck }
  const told = Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join('  ')
  return `seed ${seed}  ${told}  unavailable ${seconds(unavailableMs)}  recovered in ${seconds(recoveredMs)}  took ${seconds(tookMs)}  ${problems.length === 0 ? 'ok' : 'WRONG'}`
}

/** What is wrong, the first of it. */
export function problemLines(problems: readonly string[]): string[] {
  return [...problems.slice(0, SHOWN), ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [])].map(
    line => `  ${line}`
  )
}

/** One line for all runs; it names the seeds to run again. */
export function summaryLine(results: readonly RunResult[]): string {
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const failed = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed)
  const counts = `acknowledged ${sum(result => result.acknowledged)}  refused ${sum(result => result.refused)}  lost ${sum(result => result.lost)}  doubled ${sum(result => result.doubled)}  stuck ${sum(result => result.stuck)}`
  const worst = Math.max(0, ...results.map(({ unavailableMs }) => unavailableMs))
  return `${results.length} runs  ${counts}  longest unavailability ${seconds(worst)}  ${failed.length === 0 ? 'all well' : `WRONG: seed ${failed.join(', ')}`}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
