import type pg from 'pg'
import type { Logger } from 'pino'
import { TOPICS } from '../events/topics.js'
import type { Batch, EventLog, Subscription } from '../event-log/port.js'
import { type Projected, projectBatch } from './batch.js'
import { readCheckpoint } from './checkpoints.js'

export interface ProjectorOptions {
  log: EventLog
  pool: pg.Pool
  /** The consumer group; part of the checkpoints' key. */
  group: string
  now: () => Date
  logger: Logger
  onProjected: (projected: Projected, batch: Batch) => void
}

/** Moves records from the log into the read models until it is closed. */
export async function startProjector (options: ProjectorOptions): Promise<Subscription> {
  const { log, pool, group, now, logger, onProjected } = options
  const logId = await log.id()
  return log.subscribe({
    group,
    topics: TOPICS,
    startAt: async ({ topic, partition }) => (await readCheckpoint(pool, { logId, group, topic, partition }))?.offset ?? 'first',
    handle: async batch => {
      const { topic, partition, records } = batch
      const projected = await projectBatch(pool, { logId, group, topic, partition }, records, now())
      report(logger.child({ topic, partition }), projected)
      onProjected(projected, batch)
    }
  })
}

function report (logger: Logger, { records, deadLetters, failures }: Projected): void {
  logger.debug({ records }, 'projected a batch')
  for (const { record, id, err } of deadLetters) logger.error({ alarm: 'dead-letter', offset: String(record.offset), eventId: id, err }, 'a record can never be projected: kept as a dead letter')
  for (const { entity, failed, err } of failures) logger.error({ alarm: 'fold-failed', kind: entity.kind, entity: entity.entity, failed, err }, 'an entity could not be folded: its events are kept, its row is old')
}
