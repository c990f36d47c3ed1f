import type { Figure } from '../../bench/figures.js'
import { logDirOf } from '../campaign.js'
import { check, type Verdict } from '../checkers/check.js'
import { gatherEvidence } from '../gather.js'
import { createInstallation, type Installation, type InstallationPlan, startAll } from '../installation.js'
import { isAcknowledged, notificationsOf, type Post, prepareLoad } from '../load.js'
import type { LoadPlan } from '../plan.js'
import { keepLogs, longestGapMs } from '../run.js'
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
  /** Why this machine cannot play the scenario. */
  skipped?: string
}

export interface ScenarioOptions {
  name: string
  /** The longest time of posting. */
  postingMs: number
  /** Default: one process with Kafka and a Postgres server. */
  installation?: InstallationPlan
  /** Notifications per second; 200 by default. */
  rate?: number
  /** Stops posting when the outages are over. */
  endsWithOutages?: boolean
}

const WITH_SERVERS: InstallationPlan = { log: 'kafka', roles: 'one', database: 'server', diskBytes: null }

/** One process that needs no server. */
export const WITHOUT_SERVERS: InstallationPlan = { log: 'local', roles: 'one', database: 'embedded', diskBytes: null }

const SEED = 1
const LOAD: LoadPlan = { family: 'classic', rate: 200, clients: 64, duplicate: 0, reorder: 0 }

/**
 * Posts notifications for the given time while `causeOutages` injects faults. Afterwards everything must
 * recover, and is checked.
 */
export async function runScenario<T>(
  stage: Stage,
  { name, postingMs, installation: plan = WITH_SERVERS, rate = LOAD.rate, endsWithOutages = false }: ScenarioOptions,
  causeOutages: (scene: ScenarioContext) => Promise<T>
): Promise<ScenarioResult<T>> {
  const installation = await createInstallation(stage, plan)
  const over = new AbortController()
  try {
    await startAll(installation)
    const notifications = notificationsOf(SEED, { ...LOAD, rate }, postingMs)
    const post = prepareLoad(installation.webhook, notifications, { ...LOAD, signal: over.signal })
    const startedAt = performance.now() // the same start as the times of the posts
    const [posts, outages] = await Promise.all([
      post(),
      causeOutages({ stage, installation, clock: () => performance.now() - startedAt }).finally(() => {
        if (endsWithOutages) over.abort()
      })
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

/** The longest time without an answer that accepts a notification, or that says that the log is full. */
export function availabilityOf(
  name: string,
  posts: readonly Post[],
  { isFullAllowed = false, mostSeconds = 1 } = {}
): Figure {
  const isAccepted = (post: Post) => isAcknowledged(post) || (isFullAllowed && post.status === 503)
  return {
    name: `${name}_longest_without_answer`,
    value: longestGapMs(posts, isAccepted) / 1000,
    unit: 's',
    goal: { atMost: mostSeconds }
  }
}

export function rejectedOf(posts: readonly Post[]): number {
  return posts.filter(post => !isAcknowledged(post)).length
}
