import type pg from 'pg'
import { eventually } from '../support/eventually.js'
import { checkpointsOf, checkRows, type Evidence, setAsideOf, storedIdsOf } from './evidence.js'
import type { Installation } from './installation.js'
import { notificationsOf, type Post, postLoad } from './load.js'
import { type LogView, viewLog } from './log-view.js'
import type { Plan } from './plan.js'
import { settle } from './settle.js'

const OPEN_MS = 60_000
const PROBES = 20
const PROBE_MS = 500

/** Waits until all is well, posts a few more, and looks at everything. */
export async function gather(
  installation: Installation,
  plan: Pick<Plan, 'seed' | 'load'>,
  posts: readonly Post[]
): Promise<Evidence & { recoveredMs: number }> {
  const begun = performance.now()
  const { pool, view, close } = await openSources(installation)
  try {
    const first = await settle(installation, { pool, view })
    const recoveredMs = performance.now() - begun
    const rate = (PROBES * 1000) / PROBE_MS
    const probes = first
      ? []
      : await postLoad(
          installation.webhook,
          notificationsOf(plan.seed + 1, { ...plan.load, rate, duplicate: 0, reorder: 0 }, PROBE_MS),
          plan.load
        )
    const unsettled = first ?? (await settle(installation, { pool, view }))
    return {
      posts,
      probes,
      unsettled,
      recoveredMs,
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
        it => opened.push(it) > 0,
        () => false
      ),
    OPEN_MS
  )
  return opened[0] as T // it was just put there
}
