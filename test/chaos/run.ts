import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { eventually } from '../support/eventually.js'
import { check, type Verdict } from './checkers/check.js'
import { checkpointsOf, checkRows, type Evidence, setAsideOf, storedIdsOf } from './evidence.js'
import { applyFaults } from './faults.js'
import { type Installation, install } from './installation.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from './load.js'
import { type LogView, viewLog } from './log-view.js'
import type { Plan } from './plan.js'
import { settle } from './settle.js'
import type { Stage } from './stage.js'

export interface RunResult extends Verdict {
  seed: number
  acknowledged: number
  refused: number
  /** The longest time between two acknowledgements, from the first notification to the last. */
  unavailableMs: number
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

const BROKEN = { acknowledged: 0, refused: 0, lost: 0, doubled: 0, stuck: 0, unavailableMs: 0 }
const START_MS = 60_000
const PROBES = 20
const PROBE_MS = 500

/** One run: the load with its faults, the recovery without any, and what is to be seen then. */
export async function runPlan (stage: Stage, plan: Plan, { program, onProgress = () => {}, logDir }: RunOptions = {}): Promise<RunResult> {
  const begun = performance.now()
  onProgress('starting')
  const installation = await install(stage, program === undefined ? plan : { ...plan, program })
  try {
    for (const process of installation.processes) process.start()
    await eventually('every process is ready', async () => (await Promise.all(installation.processes.map(process => process.isReady()))).every(Boolean), START_MS)
    const posts = await postWithFaults(stage, plan, { installation, onProgress })
    onProgress('recovering')
    const evidence = await gather(installation, plan, posts)
    const verdict = check(evidence)
    if (verdict.problems.length > 0 && logDir !== undefined) keepLogs(installation, logDir)
    return { ...verdict, ...summaryOf(posts), seed: plan.seed, tookMs: performance.now() - begun }
  } catch (err) {
    if (logDir !== undefined) keepLogs(installation, logDir)
    return { ...BROKEN, seed: plan.seed, tookMs: performance.now() - begun, problems: [`the run could not go on: ${(err as Error).message}`] } // nothing else is thrown
  } finally {
    await installation.close()
  }
}

async function postWithFaults (stage: Stage, plan: Plan, { installation, onProgress }: { installation: Installation, onProgress: (text: string) => void }): Promise<Post[]> {
  const notifications = notificationsOf(plan.seed, plan.load)
  let done = 0
  const onPost = () => { if (++done % 50 === 0) onProgress(`${done} of ${notifications.length} posted`) }
  const [posts] = await Promise.all([
    postLoad(installation.webhook, notifications, { clients: plan.load.clients, onPost }),
    applyFaults(plan.faults, stage, installation)
  ])
  return posts
}

/** Waits until all is well, posts a few more, and looks at everything. */
async function gather (installation: Installation, plan: Plan, posts: readonly Post[]): Promise<Evidence> {
  const { pool, view, close } = await openSources(installation)
  try {
    const first = await settle(installation, { pool, view })
    const rate = PROBES * 1000 / PROBE_MS
    const probes = first ? [] : await postLoad(installation.webhook, notificationsOf(plan.seed + 1, { ...plan.load, rate, duplicate: 0, reorder: 0 }, PROBE_MS), plan.load)
    const unsettled = first ?? await settle(installation, { pool, view })
    return {
      posts, probes, unsettled,
      records: view.records,
      storedIds: await storedIdsOf(pool),
      checkpoints: await checkpointsOf(pool),
      setAside: await setAsideOf(pool),
      rows: await checkRows(pool),
      output: installation.processes.map(process => process.output()).join(''),
      deaths: installation.processes.flatMap(process => process.deaths())
    }
  } finally {
    await close()
  }
}

/** The servers run again by now, or will in a moment. */
async function openSources (installation: Installation): Promise<{ pool: pg.Pool, view: LogView, close: () => Promise<void> }> {
  const pool = await untilOpen('the database', async () => {
    const opened = await installation.openPool()
    await opened.query('select 1').catch(async err => { await opened.end(); throw err })
    return opened
  })
  const view = await untilOpen('the log', async () => viewLog(await installation.openReader()))
  return { pool, view, close: async () => { await Promise.all([pool.end(), view.close()]) } }
}

async function untilOpen<T> (what: string, open: () => Promise<T>): Promise<T> {
  const opened: T[] = []
  await eventually(`${what} can be opened`, async () => open().then(it => opened.push(it) > 0, () => false), START_MS)
  return opened[0] as T // it was just put there
}

function summaryOf (posts: readonly Post[]): Pick<RunResult, 'acknowledged' | 'refused' | 'unavailableMs'> {
  const answered = posts.filter(isAcknowledged)
  const instants = [0, ...answered.map(({ endedAt }) => endedAt).sort((a, b) => a - b), Math.max(0, ...posts.map(({ endedAt }) => endedAt))]
  const gaps = instants.map((at, i) => at - (instants[i - 1] ?? 0))
  return { acknowledged: answered.length, refused: posts.length - answered.length, unavailableMs: Math.max(...gaps) }
}

function keepLogs ({ processes }: Installation, dir: string): void {
  mkdirSync(dir, { recursive: true })
  for (const { name, output } of processes) writeFileSync(path.join(dir, `${name}.log`), output())
}
