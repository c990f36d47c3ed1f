// The mistake: the checkpoint is committed, and then, a moment later, the rows.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Config } from '../../../src/config/config.js'
import { attachEmbeddedPostgres } from '../../../src/db/embedded/attach.js'
import { inTransaction } from '../../../src/db/transaction.js'
import type { Batch, EventLog, SubscribeOptions } from '../../../src/event-log/port.js'
import { decodeRecord } from '../../../src/events/record.js'
import { advanceCheckpoint, type CheckpointKey, lockCheckpoint } from '../../../src/project/batch/checkpoints.js'
import { projectBatch } from '../../../src/project/batch/project-batch.js'
import { SETTINGS } from '../../support/settings.js'
import { startRigged } from './start.js'

const MOMENT_MS = 50
/** Of the rows, whose own checkpoint nobody starts at. */
const ROWS = '-rows'

await startRigged((log, config) => ({
  ...log,
  subscribe: options => log.subscribe({ ...options, handle: handleOf(log, config, options) })
}))

function handleOf(log: EventLog, config: Config, { group }: SubscribeOptions): (batch: Batch) => Promise<void> {
  let opened: Promise<pg.Pool> | null = null
  return async ({ topic, partition, records }) => {
    opened ??= openPool(config)
    const pool = await opened
    const key = { logId: await log.id(), group, topic, partition }
    await noteAsDone(pool, key, records)
    await sleep(MOMENT_MS)
    await projectBatch(pool, { ...key, group: group + ROWS }, records, { now: new Date(), settings: SETTINGS })
  }
}

async function noteAsDone(pool: pg.Pool, key: CheckpointKey, records: Batch['records']): Promise<void> {
  const last = records.at(-1)
  if (!last) return
  await inTransaction(pool, async tx => {
    await lockCheckpoint(tx, key, new Date())
    await advanceCheckpoint(tx, key, { offset: last.offset, id: decodeRecord(last).id })
  })
}

async function openPool({ databaseUrl, dataDir }: Config): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString: databaseUrl ?? (await attachEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') })) ?? '',
    max: 4
  })
  pool.on('error', () => {})
  return pool
}
