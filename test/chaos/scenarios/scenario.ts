import type { Figure } from '../../bench/figures.js'
import { logDirOf } from '../campaign.js'
import { check, type Verdict } from '../checkers/check.js'
import { gatherEvidence } from '../gather.js'
import { createInstallation, type Installation, startAll } from '../installation.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from '../load.js'
import type { LoadPlan } from '../plan.js'
import { keepLogs } from '../run.js'
import type { Stage } from '../stage.js'

/** What a scenario may inject faults into, and the clock of the posts. */
export interface ScenarioContext {
  stage: Stage
  installation: Installation
  /** Milliseconds since the first notification was due. */
  clock: () => number
}

export interface ScenarioResult<T> {
  posts: Post[]
  verdict: Verdict
  outages: T
}

/** The result of a scenario, for printing. */
export interface ScenarioReport {
  figures: Figure[]
  problems: string[]
}

const SEED = 1
const LOAD: LoadPlan = { family: 'classic', rate: 200, clients: 64, duplicate: 0, reorder: 0 }

/**
 * Posts 200 notifications per second for the given time while `causeOutages` injects faults. Afterwards everything must
 * recover, and is checked.
 */
export async function runScenario<T>(
  stage: Stage,
  { name, postingMs }: { name: string; postingMs: number },
  causeOutages: (scene: ScenarioContext) => Promise<T>
): Promise<ScenarioResult<T>> {
  const installation = await createInstallation(stage, {
    log: 'kafka',
    roles: 'one',
    database: 'server',
    diskBytes: null
  })
  try {
    await startAll(installation)
    const notifications = notificationsOf(SEED, LOAD, postingMs)
    const startedAt = performance.now() // the same start as the times of the posts
    const [posts, outages] = await Promise.all([
      postLoad(installation.webhook, notifications, LOAD),
      causeOutages({ stage, installation, clock: () => performance.now() - startedAt })
    ])
    const verdict = check(await gatherEvidence(installation, { seed: SEED, load: LOAD }, posts))
    if (verdict.problems.length > 0) keepLogs(installation, logDirOf(name))
    return { posts, outages, verdict }
  } finally {
    await installation.close()
  }
}

/** Returns the figures that every scenario reports. */
export function figuresOf(name: string, { verdict }: ScenarioResult<unknown>): Figure[] {
  const none = (what: string, value: number): Figure => ({
    name: `${name}_${what}`,
    value,
    unit: 'events',
    goal: { atMost: 0 }
  })
  return [
    none('lost', verdict.lost),
    none('duplicated', verdict.duplicated),
    none('disordered', verdict.problems.filter(line => line.includes(' is before ')).length),
    { name: `${name}_problems`, value: verdict.problems.length, unit: 'problems', goal: { atMost: 0 } }
  ]
}

export function rejectedOf(posts: readonly Post[]): number {
  return posts.filter(post => !isAcknowledged(post)).length
}
