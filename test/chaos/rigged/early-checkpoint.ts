// The bug: the checkpoint is committed before the rows.
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

const DELAY_MS = 50
/** The suffix of the consumer group of the rows, whose own checkpoint is not used. */
const ROWS_SUFFIX = '-rows'

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
    await commitCheckpoint(pool, key, records)
    await sleep(DELAY_MS)
    await projectBatch(pool, { ...key, group: group + ROWS_SUFFIX }, records, { now: new Date(), settings: SETTINGS })
  }
}

async function commitCheckpoint(pool: pg.Pool, key: CheckpointKey, records: Batch['records']): Promise<void> {
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
