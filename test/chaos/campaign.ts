import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { type Plan, planOf } from './plan.js'
import { type Rig, rigProgram } from './rigs.js'
import { type RunResult, runPlan } from './run.js'
import type { Stage } from './stage.js'

export interface CampaignOptions {
  runs: number
  /** Of the first run; the others follow. */
  seed: number
  rig?: Rig | undefined
  /** Where nothing that this machine lacks is needed. */
  plan?: (seed: number) => Plan
  onPlan?: (plan: Plan) => void
  onProgress?: (text: string) => void
  /** `logDir` is where what the processes printed is kept, when something is wrong. */
  onResult?: (result: RunResult, logDir: string) => void
  /** True, unless what is wrong is expected. */
  keepsLogs?: boolean
  /** Looked at after each run. */
  isOver?: (result: RunResult) => boolean
}

/** Where what the processes of a run, or a scenario, have printed is kept. */
export function logDirOf(name: string): string {
  return path.join(PROJECT_ROOT, '.tap', `chaos-${name}-${process.pid}`)
}

/** One run after the other, with fresh data each. */
export async function runCampaign(
  stage: Stage,
  {
    runs,
    seed,
    rig,
    plan = planOf,
    onPlan,
    onProgress = () => {},
    onResult,
    keepsLogs = true,
    isOver = () => false
  }: CampaignOptions
): Promise<RunResult[]> {
  const results: RunResult[] = []
  for (let i = 0; i < runs; i++) {
    const planned = plan(seed + i)
    const logDir = logDirOf(String(planned.seed))
    onPlan?.(planned)
    const result = await runPlan(stage, planned, {
      program: rig && rigProgram(rig),
      ...(keepsLogs && { logDir }),
      onProgress: text => onProgress(`run ${i + 1} of ${runs}, ${text}`)
    })
    results.push(result)
    onResult?.(result, logDir)
    if (isOver(result)) break
  }
  return results
}
