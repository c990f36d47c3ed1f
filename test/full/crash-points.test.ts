import path from 'node:path'
import t, { type Test } from 'tap'
import { openLocalReader } from '../../src/event-log/local/local-reader.js'
import { CRASH_POINTS, type CrashPoint } from '../../src/lib/crash-points.js'
import { check } from '../chaos/checkers/check.js'
import { stuckPartitions } from '../chaos/checkers/stuck.js'
import { checkpointsOf, checkRows, setAsideOf, storedIdsOf } from '../chaos/evidence.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from '../chaos/load.js'
import { viewLog } from '../chaos/log-view.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { randomSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

/** Passed once for each notification, or for each batch: of few that wait long, nearly as often. */
const PASSING = 3
const LOAD = { family: 'classic', rate: 40, duplicate: 0.1, reorder: 0.1 } as const
const POSTING_MS = 1_000
t.jobs = 2

for (const name of CRASH_POINTS) {
  if (name === 'between-drain-and-trim') continue // there is no spool before a local log: see servers-missing.test.ts
  // no page is read without an account: see page-boundaries.test.ts and flow/backfill.test.ts
  if (name === 'between-page-and-cursor' || name === 'between-chunk-and-progress') continue
  t.test(`killed ${name}: nothing acknowledged is lost, and nothing counts twice`, { buffered: true }, t =>
    crashAt(t, name)
  )
}

async function crashAt(t: Test, name: CrashPoint): Promise<void> {
  const { pool, url } = await freshDatabase(t)
  const env = { DATA_DIR: tempDir(t), DATABASE_URL: url, ...randomSecrets() }
  const doomed = await startServiceProcess(t, { ...env, MCS_CRASH_AT: `${name}:${PASSING}` })
  const gone = new Promise<NodeJS.Signals | null>(resolve =>
    doomed.child.once('close', (_code, signal) => resolve(signal))
  )
  const posts = await post(doomed)
  t.equal(await gone, 'SIGKILL', 'it has died there')
  t.ok(posts.some(isAcknowledged))
  t.notOk(posts.every(isAcknowledged))

  const service = await startServiceProcess(t, env)
  const view = await viewLog(await openLocalReader({ dir: path.join(env.DATA_DIR, 'log') }))
  t.teardown(view.close)
  const probes = await post(service) // the same once more: what was stored and not acknowledged is a double
  await eventually(
    'all is projected',
    async () => (await view.isWhole()) && stuckPartitions(view.records, await checkpointsOf(pool)).length === 0,
    30_000
  )
  const verdict = check({
    posts,
    probes,
    records: view.records,
    deaths: [],
    unsettled: null,
    output: service.output(),
    storedIds: await storedIdsOf(pool),
    checkpoints: await checkpointsOf(pool),
    setAside: await setAsideOf(pool),
    rows: await checkRows(pool)
  })
  t.strictSame(verdict.problems, [])
}

function post({ url, token }: { url: string; token: string }): Promise<Post[]> {
  return postLoad(new URL(`${url}/webhooks/mightycall/${token}`), notificationsOf(1, LOAD, POSTING_MS), { clients: 4 })
}
