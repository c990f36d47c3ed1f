import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.js'
import { mountingUnavailable } from '../disk.js'
import type { Stage } from '../stage.js'
import {
  availabilityOf,
  figuresOf,
  runScenario,
  type ScenarioContext,
  type ScenarioReport,
  WITHOUT_SERVERS
} from './scenario.js'

const MIB = 1024 * 1024
const DISK_BYTES = 256 * MIB
/** Less than the 16 MiB that Postgres needs for its next segment of write-ahead log. */
const FREE_BYTES = 8 * MIB
const RATE = 100
const BEFORE_MS = 3_000
const AFTER_MS = 3_000
const RECOVERY_MS = 60_000

/** Each state of each part of the service may be logged, but not each attempt to start Postgres or to store. */
const MAX_LINES = 40

interface LowDisk {
  /** Whether Postgres did not run at some time. */
  hasLostPostgres: boolean
  /** The lines that were logged while the disk was almost full. */
  lines: number
}

/**
 * The disk of DATA_DIR is filled until 8 MiB are left, which is too little for Postgres. Notifications are accepted
 * until the disk is full, and are answered with 503 from then on. When there is space again, everything recovers.
 */
export async function lowDisk(
  stage: Stage,
  { seconds, mostSeconds }: { seconds: number; mostSeconds?: number }
): Promise<ScenarioReport> {
  const skipped = mountingUnavailable()
  if (skipped !== null) return { figures: [], problems: [], skipped }
  const result = await runScenario(
    stage,
    {
      name: 'low-disk',
      postingMs: BEFORE_MS + seconds * 1000 + RECOVERY_MS + AFTER_MS,
      installation: { ...WITHOUT_SERVERS, dataDirBytes: DISK_BYTES },
      rate: RATE,
      endsWithOutages: true
    },
    scene => fillDisk(scene, seconds * 1000)
  )
  const {
    posts,
    outages,
    verdict: { problems }
  } = result
  return {
    problems,
    figures: [
      {
        name: 'low_disk_postgres_outages',
        value: Number(outages.hasLostPostgres),
        unit: 'outages',
        goal: { atLeast: 1 }
      },
      { name: 'low_disk_full', value: posts.filter(({ status }) => status === 503).length, unit: 'responses' },
      {
        name: 'low_disk_log_lines',
        value: outages.lines,
        unit: 'lines',
        goal: { atMost: MAX_LINES }
      },
      availabilityOf('low_disk', posts, { isFullAllowed: true, ...(mostSeconds !== undefined && { mostSeconds }) }),
      ...figuresOf('low_disk', result)
    ]
  }
}

async function fillDisk(
  { installation: { disk, receiver, openPool } }: ScenarioContext,
  forMs: number
): Promise<LowDisk> {
  await sleep(BEFORE_MS)
  const before = receiver.output().length
  const pool = await openPool()
  disk?.leave(FREE_BYTES)
  await pool.query('select pg_switch_wal()').catch(() => {}) // starts the next segment now
  await pool.end()
  await sleep(forMs)
  const logged = receiver.output().slice(before)
  disk?.free()
  await eventually('the service is ready again', receiver.isReady, RECOVERY_MS)
  await sleep(AFTER_MS)
  return { hasLostPostgres: logged.includes('"alarm":"embedded-postgres"'), lines: logged.split('\n').length - 1 }
}
