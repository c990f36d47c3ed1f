import type { Figure } from '../../bench/figures.js'
import { logDirOf } from '../campaign.js'
import { check, type Verdict } from '../checkers/check.js'
import { gather } from '../gather.js'
import { type Installation, install, startAll } from '../installation.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from '../load.js'
import type { LoadPlan } from '../plan.js'
import { keepLogs } from '../run.js'
import type { Stage } from '../stage.js'

/** What a scenario's story gets: what it may mistreat, and the clock of the posts. */
export interface Scene {
  stage: Stage
  installation: Installation
  /** Milliseconds since the first notification was due. */
  clock: () => number
}

export interface ScenarioResult<T> {
  posts: Post[]
  verdict: Verdict
  story: T
}

/** What a scenario shows. */
export interface Shown {
  figures: Figure[]
  problems: string[]
}

const SEED = 1
const LOAD: LoadPlan = { family: 'classic', rate: 200, clients: 64, duplicate: 0, reorder: 0 }

/**
 * Posts for so long, at 200 notifications a second, while the story is told; then everything has to be well, and is
 * looked at.
 */
export async function play<T>(
  stage: Stage,
  { name, postingMs }: { name: string; postingMs: number },
  tell: (scene: Scene) => Promise<T>
): Promise<ScenarioResult<T>> {
  const installation = await install(stage, { log: 'kafka', roles: 'one', database: 'server', diskBytes: null })
  try {
    await startAll(installation)
    const notifications = notificationsOf(SEED, LOAD, postingMs)
    const begun = performance.now() // as the posts begin to count
    const [posts, story] = await Promise.all([
      postLoad(installation.webhook, notifications, LOAD),
      tell({ stage, installation, clock: () => performance.now() - begun })
    ])
    const verdict = check(await gather(installation, { seed: SEED, load: LOAD }, posts))
    if (verdict.problems.length > 0) keepLogs(installation, logDirOf(name))
    return { posts, story, verdict }
  } finally {
    await installation.close()
  }
}

/** What every scenario has to show. */
export function figuresOf(name: string, { verdict }: ScenarioResult<unknown>): Figure[] {
  const none = (what: string, value: number): Figure => ({
    name: `${name}_${what}`,
    value,
    unit: 'events',
    goal: { atMost: 0 }
  })
  return [
    none('lost', verdict.lost),
    none('doubled', verdict.doubled),
    none('disordered', verdict.problems.filter(line => line.includes(' lies before ')).length),
    { name: `${name}_problems`, value: verdict.problems.length, unit: 'problems', goal: { atMost: 0 } }
  ]
}

export function refusedOf(posts: readonly Post[]): number {
  return posts.filter(post => !isAcknowledged(post)).length
}
