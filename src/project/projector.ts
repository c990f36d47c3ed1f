import type pg from 'pg'
import type { Logger } from 'pino'
import type { AccountSettings } from '../accounts/accounts.js'
import { ProjectionRestartError } from '../errors.js'
import type { Batch, EventReader, Subscription, TopicPartition } from '../event-log/port.js'
import { TOPICS } from '../events/topics.js'
import { passCrashPoint } from '../lib/crash-points.js'
import { raiseAlarm } from '../observability/alarms.js'
import { findStart, type Hole } from './batch/checkpoints.js'
import { recordLogDamage } from './batch/log-damage.js'
import { type ProjectedBatch, projectBatch, type ReadPosition } from './batch/project-batch.js'
import { createBreaker } from './breaker/breaker.js'

export interface ProjectorOptions {
  log: EventReader
  pool: pg.Pool
  /** The consumer group, which is part of the key of the checkpoints. */
  group: string
  now: () => Date
  settings: AccountSettings
  logger: Logger
  onProjected: (projected: ProjectedBatch, batch: Batch) => void
  /** Called with whether the circuit breaker has stopped the projector. */
  onStopped?: ((isStopped: boolean) => void) | undefined
  /** Called when the local log has been fully projected. */
  onEnd?: (() => void) | undefined
}

/**
 * running     the subscription delivers batches, and they are projected
 * restarting  a batch did not match its checkpoint: the subscription is closed and opened again, so that each partition
 *             is read from its checkpoint; batches that still arrive are rejected
 * failed      the subscription could not be opened again: batches are rejected until the service is restarted
 * closed      the projector was closed
 *
 * running → restarting → running | failed; every state → closed
 */
type ProjectorState = 'running' | 'restarting' | 'failed' | 'closed'

/** Moves records from the log into the read models until it is closed. */
export async function startProjector(options: ProjectorOptions): Promise<Subscription> {
  const { log, pool, group, now, settings, logger, onProjected, onStopped, onEnd } = options
  const logId = await log.id()
  const breaker = createBreaker({ pool, group, now, logger, onStopped })
  await breaker.checkAtStart()
  let state: ProjectorState = 'running'
  let restarted: Promise<void> = Promise.resolve()
  const positions = new Map<string, ReadPosition>() // by partition, since its last start
  let recordedDamage = 0 // the number of damaged ranges of the log that are stored as holes

  async function recordNewDamage(): Promise<void> {
    const damage = log.damage?.() ?? []
    if (damage.length === recordedDamage) return
    await recordLogDamage(pool, { logId, group, now: now() }, damage)
    recordedDamage = damage.length
  }

  function handleEnd(): void {
    recordNewDamage().catch(err => logger.warn({ err }, 'damage of the log could not be stored, will try again'))
    onEnd?.()
  }

  async function startAt({ topic, partition }: TopicPartition) {
    const { at, hole, mustContain, lastHole } = await findStart(pool, log, { logId, group, topic, partition }, now())
    positions.set(`${topic}/${partition}`, { offset: at === 'first' ? -1n : at, mustContain, lastHole })
    if (hole) reportHole(logger.child({ topic, partition }), hole)
    return at
  }

  async function handle(batch: Batch): Promise<void> {
    if (state === 'restarting' || state === 'failed') throw new ProjectionRestartError()
    await recordNewDamage() // before the checkpoint passes it: later it would not be found again
    const { topic, partition, records } = batch
    const key = { logId, group, topic, partition }
    const position = positions.get(`${topic}/${partition}`) ?? null
    const check = breaker.forBatch(key)
    const projected = await projectBatch(pool, key, records, { now: now(), settings, position, check }).catch(
      async err => {
        await check.rolledBack()
        throw err
      }
    )
    check.committed()
    passCrashPoint('after-commit-before-resolve')
    reportBatch(logger.child({ topic, partition }), projected)
    if (projected.hole || projected.wentBack) {
      if (state === 'running') {
        state = 'restarting'
        restarted = restart()
      }
      throw new ProjectionRestartError() // reading does not continue at this batch
    }
    const last = records.at(-1)?.offset ?? -1n
    const offset = position && position.offset > last ? position.offset : last
    positions.set(`${topic}/${partition}`, { offset, mustContain: false, lastHole: position?.lastHole ?? 0n })
    onProjected(projected, batch)
  }

  const subscribe = () => log.subscribe({ group, topics: TOPICS, startAt, handle, onEnd: handleEnd })
  await recordNewDamage()
  let opening = subscribe() // a batch may arrive, and cause a restart, before this resolves
  let subscription = await opening

  /** A new subscription calls `startAt` again for each partition. */
  async function restart(): Promise<void> {
    try {
      const previous = await opening
      await previous.close()
      if (state !== 'restarting') return
      opening = subscribe()
      subscription = await opening
      if (state === 'restarting') state = 'running'
    } catch (err) {
      if (state === 'restarting') state = 'failed'
      raiseAlarm(
        logger,
        { alarm: 'projector-stopped', err },
        'the subscription could not be opened again: restart the service'
      )
    }
  }

  return {
    trouble: () => {
      if (state === 'restarting') return 'restarting after a hole in the log'
      if (state === 'failed') return 'the subscription could not be opened again: restart the service'
      return subscription.trouble()
    },
    close: async () => {
      state = 'closed'
      await restarted
      await subscription.close()
    }
  }
}

export function reportHole(logger: Logger, { reason, checkpoint, bounds }: Hole): void {
  const range = bounds && { first: String(bounds.first), end: String(bounds.end) }
  raiseAlarm(
    logger,
    { alarm: 'log-hole', reason, checkpoint: String(checkpoint.offset), ...range },
    'the log does not match the checkpoint: records may be missing, and reading starts at the first record'
  )
}

function reportBatch(logger: Logger, { hole, wentBack, records, deadLetters, failures }: ProjectedBatch): void {
  if (hole) reportHole(logger, hole)
  if (wentBack === 'reset') logger.info('the checkpoint was reset by a hole of the log: reading starts again there')
  if (wentBack === 'unknown')
    raiseAlarm(
      logger,
      { alarm: 'checkpoint-went-back' },
      'the checkpoint is older than what was projected, the database may have been restored: reading starts again there'
    )
  logger.debug({ records }, 'projected a batch')
  for (const { record, id, err } of deadLetters)
    raiseAlarm(
      logger,
      { alarm: 'dead-letter', offset: String(record.offset), eventId: id, err },
      'a record cannot be projected and was stored as a dead letter'
    )
  for (const { entity, failed, err } of failures)
    raiseAlarm(
      logger,
      { alarm: 'fold-failed', kind: entity.kind, entity: entity.entity, failed, err },
      'an entity could not be folded: its events are stored, but its rows do not reflect them'
    )
}
