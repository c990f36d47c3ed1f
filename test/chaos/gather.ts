import type pg from 'pg'
import { eventually } from '../support/eventually.js'
import { checkpointsOf, checkRows, type Evidence, failureCountsOf, storedIdsOf } from './evidence.js'
import type { Installation } from './installation.js'
import { notificationsOf, type Post, postLoad } from './load.js'
import { type LogView, viewLog } from './log-view.js'
import type { Plan } from './plan.js'
import { settle } from './settle.js'

const OPEN_TIMEOUT_MS = 60_000
const PROBES = 20
const PROBE_MS = 500

/** Waits for the recovery, posts some probes, and reads everything that is checked. */
export async function gatherEvidence(
  installation: Installation,
  plan: Pick<Plan, 'seed' | 'load'>,
  posts: readonly Post[]
): Promise<Evidence & { recoveredMs: number }> {
  const startedAt = performance.now()
  const { pool, view, close } = await openSources(installation)
  try {
    const problem = await settle(installation, { pool, view })
    const recoveredMs = performance.now() - startedAt
    const rate = (PROBES * 1000) / PROBE_MS
    const probes = problem
      ? []
      : await postLoad(
          installation.webhook,
          notificationsOf(plan.seed + 1, { ...plan.load, rate, duplicate: 0, reorder: 0 }, PROBE_MS),
          plan.load
        )
    const unsettled = problem ?? (await settle(installation, { pool, view }))
    return {
      posts,
      probes,
      unsettled,
      recoveredMs,
      records: view.records,
      storedIds: await storedIdsOf(pool),
      checkpoints: await checkpointsOf(pool),
      failureCounts: await failureCountsOf(pool),
      rows: await checkRows(pool),
      output: installation.processes.map(process => process.output()).join(''),
      unexpectedExits: installation.processes.flatMap(process => process.unexpectedExits())
    }
  } finally {
    await close()
  }
}

/** Opens the database and the log, which may still be restarting. */
async function openSources(
  installation: Installation
): Promise<{ pool: pg.Pool; view: LogView; close: () => Promise<void> }> {
  const pool = await untilOpen('the database', async () => {
    const opened = await installation.openPool()
    await opened.query('select 1').catch(async err => {
      await opened.end()
      throw err
    })
    return opened
  })
  const view = await untilOpen('the log', async () => viewLog(await installation.openReader()))
  return {
    pool,
    view,
    close: async () => {
      await Promise.all([pool.end(), view.close()])
    }
  }
}

async function untilOpen<T>(what: string, open: () => Promise<T>): Promise<T> {
  const opened: T[] = []
  await eventually(
    `${what} can be opened`,
    async () =>
      open().then(
        source => opened.push(source) > 0,
        () => false
      ),
    OPEN_TIMEOUT_MS
  )
  return opened[0] as T // `open` has succeeded
}
