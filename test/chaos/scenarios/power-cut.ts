import { chmodSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { attachEmbeddedPostgres } from '../../../src/db/embedded/attach.js'
import { createRandom } from '../../../src/simulator/random.js'
import { eventually } from '../../support/eventually.js'
import { type RunningService, startServiceProcess } from '../../support/service.js'
import type { Teardown } from '../../support/teardown.js'
import { duplicateIds, lostIds } from '../checkers/losses.js'
import { type FragileDisk, fragileDiskUnavailable, mountFragileDisk } from '../disk.js'
import { storedIdsOf } from '../evidence.js'
import { notificationsOf, type Post, postLoad } from '../load.js'
import type { LoadPlan } from '../plan.js'
import type { Stage } from '../stage.js'
import { createTeardowns } from '../teardowns.js'
import type { ScenarioReport } from './scenario.js'

const DISK_BYTES = 512 << 20
const LOAD: LoadPlan = { family: 'classic', rate: 100, clients: 16, duplicate: 0, reorder: 0 }
/** How long notifications are posted before the power is cut: at most this, after the service listens. */
const MAX_POSTING_MS = 6_000
const READY_MS = 60_000

interface Round {
  posts: Post[]
  storedIds: string[]
  problems: string[]
}

/**
 * The power is cut soon after the first start on an empty disk. The service must start again with the same secrets, and
 * with every notification that it has acknowledged.
 */
export async function powerCut(stage: Stage, { rounds }: { rounds: number }): Promise<ScenarioReport> {
  const skipped = fragileDiskUnavailable()
  if (skipped !== null) return { figures: [], problems: [], skipped }
  const random = createRandom(1, 5)
  const results: Round[] = []
  for (let i = 0; i < rounds; i++) {
    const teardowns = createTeardowns()
    stage.teardown(teardowns.close)
    const dir = path.join(stage.dir, `power-${i}`)
    try {
      const disk = mountFragileDisk(teardowns, dir, DISK_BYTES)
      chmodSync(dir, 0o711)
      results.push(await cutAfter(random.int(0, MAX_POSTING_MS), { seed: i + 1, dir, disk, teardowns }))
    } catch (err) {
      results.push({ posts: [], storedIds: [], problems: [(err as Error).message] }) // only errors are thrown
    } finally {
      await teardowns.close()
    }
  }
  const sum = (of: (round: Round) => number) => results.reduce((total, round) => total + of(round), 0)
  const none = { unit: 'events', goal: { atMost: 0 } }
  return {
    problems: results.flatMap(({ problems }) => problems),
    figures: [
      { name: 'power_cuts', value: rounds, unit: 'cuts' },
      { name: 'power_acknowledged', value: sum(({ posts }) => acknowledgedOf(posts)), unit: 'events' },
      { name: 'power_lost', value: sum(({ posts, storedIds }) => lostIds(posts, storedIds).length), ...none },
      { name: 'power_duplicated', value: sum(({ storedIds }) => duplicateIds(storedIds).length), ...none }
    ]
  }
}

interface RoundOptions {
  seed: number
  dir: string
  disk: FragileDisk
  teardowns: Teardown
}

async function cutAfter(postingMs: number, { seed, dir, disk, teardowns }: RoundOptions): Promise<Round> {
  const environment = { DATA_DIR: path.join(dir, 'data') }
  const first = await startServiceProcess(teardowns, environment)
  const stop = new AbortController()
  const posting = postLoad(webhookOf(first), notificationsOf(seed, LOAD, MAX_POSTING_MS), {
    ...LOAD,
    signal: stop.signal
  })
  await sleep(postingMs)
  // A real power cut stops the machine at once. Without this the service could acknowledge what it wrote afterwards:
  // an fdatasync during the shutdown of ext4 may report success for data that is lost.
  first.child.kill('SIGSTOP')
  disk.cutPower()
  stop.abort()
  await first.end('SIGKILL')
  const posts = await posting
  await disk.restorePower()

  const second = await startServiceProcess(teardowns, environment)
  const problems =
    second.token === first.token && second.adminKey === first.adminKey ? [] : ['the secrets have changed']
  await eventually('every role is ready', async () => isReady(second), READY_MS)
  const pool = new pg.Pool({
    connectionString: (await attachEmbeddedPostgres({ dataDir: path.join(environment.DATA_DIR, 'postgres') })) ?? ''
  })
  try {
    await eventually('every event is projected', async () => (await lagOf(second)) === 0, READY_MS)
    const storedIds = await storedIdsOf(pool)
    return { posts, storedIds, problems }
  } finally {
    await pool.end()
    await second.end('SIGTERM')
  }
}

function webhookOf({ url, token }: RunningService): URL {
  return new URL(`${url}/webhooks/mightycall/${token}`)
}

async function isReady({ get }: RunningService): Promise<boolean> {
  return ((await get('/health/ready')) as { ready: boolean }).ready
}

async function lagOf({ get }: RunningService): Promise<number> {
  const { lag } = (await get('/v1/system')) as { lag: { records: number }[] | null }
  return lag?.reduce((sum, { records }) => sum + records, 0) ?? Number.NaN
}

function acknowledgedOf(posts: readonly Post[]): number {
  return posts.filter(({ status }) => status === 200).length
}
