import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../accounts/accounts.js'
import { ProjectionRestartError } from '../errors.js'
import type { Batch, EventReader, Subscription, TopicPartition } from '../event-log/port.js'
import { TOPICS } from '../events/topics.js'
import { passCrashPoint } from '../lib/crash-points.js'
import { findStart, type Hole } from './batch/checkpoints.js'
import { type Projected, projectBatch, type Reached } from './batch/project-batch.js'
import { createGuard } from './breaker/guard.js'

export interface ProjectorOptions {
  log: EventReader
  pool: pg.Pool
  /** The consumer group; part of the checkpoints' key. */
  group: string
  now: () => Date
  settings: AccountSettings
  logger: Logger
  onProjected: (projected: Projected, batch: Batch) => void
  /** Told whether it stands still, because too many records have failed. */
  onStopped?: ((isStopped: boolean) => void) | undefined
  /** Of a local log: all of it is projected. */
  onEnd?: (() => void) | undefined
}

/** Moves records from the log into the read models until it is closed. */
export async function startProjector(options: ProjectorOptions): Promise<Subscription> {
  const { log, pool, group, now, settings, logger, onProjected, onStopped, onEnd } = options
  const logId = await log.id()
  const guard = createGuard({ pool, group, now, logger, onStopped })
  await guard.look()
  let subscription: Subscription | null = null
  let restarting: Promise<void> | null = null
  let closed = false
  const reached = new Map<string, Reached>() // by partition, since its last start

  async function startAt({ topic, partition }: TopicPartition) {
    const { at, hole, isHeld } = await findStart(pool, log, { logId, group, topic, partition }, now())
    reached.set(`${topic}/${partition}`, { offset: at === 'first' ? -1n : at, isHeld })
    if (hole) reportHole(logger.child({ topic, partition }), hole)
    return at
  }

  async function handle(batch: Batch): Promise<void> {
    if (restarting) throw new ProjectionRestartError()
    const { topic, partition, records } = batch
    const place = `${topic}/${partition}`
    const before = reached.get(place) ?? null
    const key = { logId, group, topic, partition }
    const projected = await guard.watch(key, guard =>
      projectBatch(pool, key, records, { now: now(), settings, reached: before, guard })
    )
    passCrashPoint('after-commit-before-resolve')
    report(logger.child({ topic, partition }), projected)
    if (projected.hole || projected.wentBack) {
      restarting = restart().catch(err =>
        logger.error({ alarm: 'projector-stopped', err }, 'reading could not start again: restart the service')
      )
      throw new ProjectionRestartError() // this batch is not where reading starts now
    }
    const last = records.at(-1)?.offset ?? -1n
    reached.set(place, { offset: before && before.offset > last ? before.offset : last, isHeld: false })
    onProjected(projected, batch)
  }

  /** A new subscription asks for its starts again. */
  async function restart(): Promise<void> {
    await subscription?.close()
    if (!closed) subscription = await subscribe()
    restarting = null // but not when that failed: nothing is handled then, and trouble says so
  }

  const subscribe = () => log.subscribe({ group, topics: TOPICS, startAt, handle, onEnd })
  subscription = await subscribe()
  return {
    trouble: () => (restarting ? 'starts again after a hole in the log' : (subscription?.trouble() ?? null)),
    close: async () => {
      closed = true
      await restarting
      await subscription?.close()
    }
  }
}

/** What an alarm says of a hole. */
export function reportHole(logger: Logger, { reason, checkpoint, bounds }: Hole): void {
  const range = bounds && { first: String(bounds.first), end: String(bounds.end) }
  logger.error(
    { alarm: 'log-hole', reason, checkpoint: String(checkpoint.offset), ...range },
    'the log does not hold what was projected last: records may be missing, reading starts at its first'
  )
}

function report(logger: Logger, { hole, wentBack, records, deadLetters, failures }: Projected): void {
  if (hole) reportHole(logger, hole)
  if (wentBack)
    logger.error(
      { alarm: 'checkpoint-went-back' },
      'the database is older than what was projected into it: reading starts again at its checkpoint'
    )
  logger.debug({ records }, 'projected a batch')
  for (const { record, id, err } of deadLetters)
    logger.error(
      { alarm: 'dead-letter', offset: String(record.offset), eventId: id, err },
      'a record can never be projected: kept as a dead letter'
    )
  for (const { entity, failed, err } of failures)
    logger.error(
      { alarm: 'fold-failed', kind: entity.kind, entity: entity.entity, failed, err },
      'an entity could not be folded: its events are kept, its row is old'
    )
}
