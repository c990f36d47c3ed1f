import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { check, type Verdict } from './checkers/check.js'
import { applyFaults } from './faults.js'
import { gatherEvidence } from './gather.js'
import { createInstallation, type Installation, startAll } from './installation.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from './load.js'
import type { Plan } from './plan.js'
import type { Stage } from './stage.js'

export interface RunResult extends Verdict {
  seed: number
  acknowledged: number
  rejected: number
  /** The longest time between two acknowledgements, from the first notification to the last. */
  unavailableMs: number
  /** From the last fault until everything was well. */
  recoveredMs: number
  durationMs: number
}

export interface RunOptions {
  /** The path of a compiled program that replaces the service. */
  program?: string | undefined
  /** Called with a description of the current step. */
  onProgress?: (text: string) => void
  /** The folder for the output of the processes, written when the run has problems. */
  logDir?: string
}

const EMPTY_RESULT = {
  acknowledged: 0,
  rejected: 0,
  lost: 0,
  duplicated: 0,
  stuck: 0,
  unavailableMs: 0,
  recoveredMs: 0
}

/** Executes a run: posts the load with its faults, waits for the recovery, and checks the results. */
export async function runPlan(
  stage: Stage,
  plan: Plan,
  { program, onProgress = () => {}, logDir }: RunOptions = {}
): Promise<RunResult> {
  const startedAt = performance.now()
  onProgress('starting')
  await stage.repair()
  const installation = await createInstallation(stage, program === undefined ? plan : { ...plan, program })
  try {
    await startAll(installation)
    const posts = await postWithFaults(plan, { installation, onProgress })
    onProgress('recovering')
    const { recoveredMs, ...evidence } = await gatherEvidence(installation, plan, posts)
    const verdict = check(evidence)
    if (verdict.problems.length > 0 && logDir !== undefined) keepLogs(installation, logDir)
    return { ...verdict, ...summaryOf(posts), recoveredMs, seed: plan.seed, durationMs: performance.now() - startedAt }
  } catch (err) {
    if (logDir !== undefined) keepLogs(installation, logDir)
    // the cast below holds because only errors are thrown
    return {
      ...EMPTY_RESULT,
      seed: plan.seed,
      durationMs: performance.now() - startedAt,
      problems: [`the run failed: ${(err as Error).message}`]
    }
  } finally {
    await installation.close()
  }
}

async function postWithFaults(
  plan: Plan,
  { installation, onProgress }: { installation: Installation; onProgress: (text: string) => void }
): Promise<Post[]> {
  const notifications = notificationsOf(plan.seed, plan.load)
  let posted = 0
  const onPost = () => {
    if (++posted % 50 === 0) onProgress(`${posted} of ${notifications.length} posted`)
  }
  const [posts] = await Promise.all([
    postLoad(installation.webhook, notifications, { clients: plan.load.clients, onPost }),
    applyFaults(plan.faults, installation)
  ])
  return posts
}

function summaryOf(posts: readonly Post[]): Pick<RunResult, 'acknowledged' | 'rejected' | 'unavailableMs'> {
  const acknowledged = posts.filter(isAcknowledged)
  return {
    acknowledged: acknowledged.length,
    rejected: posts.length - acknowledged.length,
    unavailableMs: longestGapMs(posts, isAcknowledged)
  }
}

/** Returns the longest time between two accepted posts, from the first post to the last. */
export function longestGapMs(posts: readonly Post[], isAccepted: (post: Post) => boolean): number {
  const ends = posts.map(({ endedAt }) => endedAt)
  const instants = [
    0,
    ...posts.filter(isAccepted).map(({ endedAt }) => endedAt),
    ends.reduce((last, end) => Math.max(last, end), 0)
  ].sort((a, b) => a - b)
  return instants.reduce((longest, at, i) => Math.max(longest, at - (instants[i - 1] ?? 0)), 0)
}

/** Writes the output of the processes to the folder. */
export function keepLogs({ processes }: Installation, dir: string): void {
  mkdirSync(dir, { recursive: true })
  for (const { name, output } of processes) writeFileSync(path.join(dir, `${name}.log`), output())
}
