import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { check, type Verdict } from './checkers/check.js'
import { applyFaults } from './faults.js'
import { gather } from './gather.js'
import { type Installation, install, startAll } from './installation.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from './load.js'
import type { Plan } from './plan.js'
import type { Stage } from './stage.js'

export interface RunResult extends Verdict {
  seed: number
  acknowledged: number
  refused: number
  /** The longest time between two acknowledgements, from the first notification to the last. */
  unavailableMs: number
  /** From the last fault until everything was well. */
  recoveredMs: number
  tookMs: number
}

export interface RunOptions {
  /** A compiled program in the place of the service. */
  program?: string | undefined
  /** Told what is going on. */
  onProgress?: (text: string) => void
  /** Where what the processes printed is kept when something is wrong. */
  logDir?: string
}

const BROKEN = { acknowledged: 0, refused: 0, lost: 0, doubled: 0, stuck: 0, unavailableMs: 0, recoveredMs: 0 }

/** One run: the load with its faults, the recovery without any, and what is to be seen then. */
export async function runPlan(
  stage: Stage,
  plan: Plan,
  { program, onProgress = () => {}, logDir }: RunOptions = {}
): Promise<RunResult> {
  const begun = performance.now()
  onProgress('starting')
  await stage.mend()
  const installation = await install(stage, program === undefined ? plan : { ...plan, program })
  try {
    await startAll(installation)
    const posts = await postWithFaults(stage, plan, { installation, onProgress })
    onProgress('recovering')
    const { recoveredMs, ...evidence } = await gather(installation, plan, posts)
    const verdict = check(evidence)
    if (verdict.problems.length > 0 && logDir !== undefined) keepLogs(installation, logDir)
    return { ...verdict, ...summaryOf(posts), recoveredMs, seed: plan.seed, tookMs: performance.now() - begun }
  } catch (err) {
    if (logDir !== undefined) keepLogs(installation, logDir)
    return {
      ...BROKEN,
      seed: plan.seed,
      tookMs: performance.now() - begun,
      problems: [`the run could not go on: ${(err as Error).message}`]
    } // nothing else is thrown
  } finally {
    await installation.close()
  }
}

async function postWithFaults(
  stage: Stage,
  plan: Plan,
  { installation, onProgress }: { installation: Installation; onProgress: (text: string) => void }
): Promise<Post[]> {
  const notifications = notificationsOf(plan.seed, plan.load)
  let done = 0
  const onPost = () => {
    if (++done % 50 === 0) onProgress(`${done} of ${notifications.length} posted`)
  }
  const [posts] = await Promise.all([
    postLoad(installation.webhook, notifications, { clients: plan.load.clients, onPost }),
    applyFaults(plan.faults, stage, installation)
  ])
  return posts
}

function summaryOf(posts: readonly Post[]): Pick<RunResult, 'acknowledged' | 'refused' | 'unavailableMs'> {
  const answered = posts.filter(isAcknowledged)
  const instants = [
    0,
    ...answered.map(({ endedAt }) => endedAt).sort((a, b) => a - b),
    Math.max(0, ...posts.map(({ endedAt }) => endedAt))
  ]
  const gaps = instants.map((at, i) => at - (instants[i - 1] ?? 0))
  return { acknowledged: answered.length, refused: posts.length - answered.length, unavailableMs: Math.max(...gaps) }
}

export function keepLogs({ processes }: Installation, dir: string): void {
  mkdirSync(dir, { recursive: true })
  for (const { name, output } of processes) writeFileSync(path.join(dir, `${name}.log`), output())
}
