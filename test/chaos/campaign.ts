import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { type Plan, planOf } from './plan.js'
import { type Rig, rigProgram } from './rigs.js'
import { type RunResult, runPlan } from './run.js'
import type { Stage } from './stage.js'

export interface CampaignOptions {
  runs: number
  /** The seed of the first run; each further run uses the next one. */
  seed: number
  rig?: Rig | undefined
  /** Creates the plan of a run from its seed. */
  plan?: (seed: number) => Plan
  onPlan?: (plan: Plan) => void
  onProgress?: (text: string) => void
  /** `logDir` contains the output of the processes when the run has problems. */
  onResult?: (result: RunResult, logDir: string) => void
  /** Default true; false when problems are expected. */
  keepsLogs?: boolean
  /** Checked after each run; true ends the campaign. */
  isOver?: (result: RunResult) => boolean
}

/** Returns the folder for the output of the processes of a run or scenario. */
export function logDirOf(name: string): string {
  return path.join(PROJECT_ROOT, '.tap', `chaos-${name}-${process.pid}`)
}

/** Executes runs one after another, each with fresh data. */
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
