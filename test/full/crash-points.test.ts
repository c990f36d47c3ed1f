import path from 'node:path'
import t, { type Test } from 'tap'
import { openLocalReader } from '../../src/event-log/local/local-reader.js'
import { CRASH_POINTS, type CrashPoint } from '../../src/lib/crash-points.js'
import { check } from '../chaos/checkers/check.js'
import { stuckPartitions } from '../chaos/checkers/stuck.js'
import { checkpointsOf, checkRows, failureCountsOf, storedIdsOf } from '../chaos/evidence.js'
import { isAcknowledged, notificationsOf, type Post, postLoad } from '../chaos/load.js'
import { viewLog } from '../chaos/log-view.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { randomSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

/** A crash point is passed once per notification or batch; with few slow clients, batches are small. */
const PASSING = 3
const LOAD = { family: 'classic', rate: 40, duplicate: 0.1, reorder: 0.1 } as const
const POSTING_MS = 1_000
t.jobs = 2

for (const name of CRASH_POINTS) {
  if (name === 'between-drain-and-trim') continue // a local log has no spool: see servers-missing.test.ts
  // pages are read only with REST credentials: see page-boundaries.test.ts and flow/backfill.test.ts
  if (name === 'between-page-and-cursor' || name === 'between-chunk-and-progress') continue
  t.test(
    `a kill ${name.replaceAll('-', ' ')} loses nothing acknowledged and counts nothing twice`,
    { buffered: true },
    t => crashAt(t, name)
  )
}

async function crashAt(t: Test, name: CrashPoint): Promise<void> {
  const { pool, url } = await freshDatabase(t)
  const env = { DATA_DIR: tempDir(t), DATABASE_URL: url, ...randomSecrets() }
  const doomed = await startServiceProcess(t, { ...env, MCS_CRASH_AT: `${name}:${PASSING}` })
  const exitSignal = new Promise<NodeJS.Signals | null>(resolve =>
    doomed.child.once('close', (_code, signal) => resolve(signal))
  )
  const posts = await post(doomed)
  t.equal(await exitSignal, 'SIGKILL', 'the service was killed at the crash point')
  t.ok(posts.some(isAcknowledged))
  // The projector may reach its crash point after the last post.
  if (name === 'after-append-before-ack') t.notOk(posts.every(isAcknowledged))

  const service = await startServiceProcess(t, env)
  const view = await viewLog(await openLocalReader({ dir: path.join(env.DATA_DIR, 'log') }))
  t.teardown(view.close)
  const probes = await post(service) // the same posts again: those stored without acknowledgement become duplicates
  await eventually(
    'everything is projected',
    async () => (await view.isComplete()) && stuckPartitions(view.records, await checkpointsOf(pool)).length === 0,
    30_000
  )
  const verdict = check({
    posts,
    probes,
    records: view.records,
    unexpectedExits: [],
    unsettled: null,
    output: service.output(),
    storedIds: await storedIdsOf(pool),
    checkpoints: await checkpointsOf(pool),
    failureCounts: await failureCountsOf(pool),
    rows: await checkRows(pool)
  })
  t.strictSame(verdict.problems, [])
}

function post({ url, token }: { url: string; token: string }): Promise<Post[]> {
  return postLoad(new URL(`${url}/webhooks/mightycall/${token}`), notificationsOf(1, LOAD, POSTING_MS), { clients: 4 })
}
