import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inTransaction } from '../../db/transaction.js'
import type { Offset, StoredRecord } from '../../event-log/port.js'
import type { Event } from '../../events/event.js'
import { passCrashPoint } from '../../lib/crash-points.js'
import type { BatchCheck } from '../breaker/breaker.js'
import { createAggregates } from './aggregates.js'
import {
  advanceCheckpoint,
  type Checkpoint,
  type CheckpointKey,
  type Hole,
  lastHoleOf,
  lockCheckpoint,
  recordHole
} from './checkpoints.js'
import { countEventDrift, driftsOf } from './count-drift.js'
import { type DeadLetter, insertDeadLetters } from './dead-letters.js'
import { decodeAll, digestOf, isRecord } from './decode.js'
import { type FailedEntity, foldEntities } from './fold-entities.js'
import { storeEvents } from './store-events.js'

/** The result of a batch, known once it is committed. */
export interface ProjectedBatch {
  /** Another record is at the checkpoint: nothing was projected, and reading must start again. */
  hole: Hole | null
  /**
   * Why the checkpoint is older than what this process has projected, or null when it is not: `reset` when a hole was
   * found since, which moves it back to before the first record; otherwise `unknown`, since the database was restored
   * or a replica took over. Nothing was projected then, and reading must start again.
   */
  wentBack: 'reset' | 'unknown' | null
  /** The number of records that no earlier transaction had projected. */
  records: number
  events: Event[]
  deadLetters: DeadLetter[]
  failures: FailedEntity[]
  /** The number of newly stored events that contain unknown types or fields. */
  drifted: number
}

export interface BatchOptions {
  now: Date
  settings: AccountSettings
  /** How far this process has read the partition; null when it does not keep track. */
  position?: ReadPosition | null
  /** The circuit breaker, which may reject the batch before it is projected and before it is committed. */
  check?: BatchCheck
}

/** How far a reader has read a partition. */
export interface ReadPosition {
  /** The offset of the last projected record; -1 when there is none. */
  offset: Offset
  /** True for the first batch after a start at a checkpoint: it must contain the record at that checkpoint. */
  mustContain: boolean
  /** The id of the newest hole that was known at that start: a newer one has moved the checkpoint back. */
  lastHole: bigint
}

/**
 * Projects records of one partition in one READ COMMITTED transaction. Locks are always taken in this order: the
 * checkpoint, the entities in key order, their events and rows, dead letters, and last the few rows that many entities
 * share, and the numbered changes.
 *
 * @param records  in the order of their offsets
 * @throws when the cause is not the content of a record; nothing is committed then, and the batch may be retried
 */
export async function projectBatch(
  pool: pg.Pool,
  key: CheckpointKey,
  records: readonly StoredRecord[],
  options: BatchOptions
): Promise<ProjectedBatch> {
  const { now, settings, position = null, check } = options
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (position && checkpoint.offset < position.offset)
      return { ...NOTHING, wentBack: (await lastHoleOf(tx, key)) > position.lastHole ? 'reset' : 'unknown' }
    if (!matchesCheckpoint(records, checkpoint, options)) {
      const hole: Hole = { reason: 'other-record', checkpoint, bounds: null }
      await recordHole(tx, key, { ...hole, detectedAt: now })
      return { ...NOTHING, hole }
    }
    const fresh = records.filter(record => record.offset > checkpoint.offset)
    const last = fresh.at(-1)
    if (!last) return NOTHING
    await check?.beforeProjecting(tx)

    const { decoded, undecodable } = decodeAll(fresh, settings)
    const events = decoded.map(({ event }) => event)
    const drifts = driftsOf(events)
    const { entities, refused, fresh: drifted } = await storeEvents(tx, decoded, event => drifts.has(event))
    passCrashPoint('after-events-before-rows')
    const aggregates = createAggregates()
    const failures = await foldEntities(tx, entities, { settings, aggregates })
    const deadLetters = [
      ...undecodable,
      ...refused.map(({ item, err }) => ({ record: item.record, id: item.event.id, account: item.event.account, err }))
    ]
    check?.beforeCommit(fresh, { decoded, deadLetters, failures })
    await insertDeadLetters(tx, deadLetters, { logId: key.logId, now })
    passCrashPoint('after-rows-before-checkpoint')
    await advanceCheckpoint(tx, key, {
      offset: last.offset,
      id: decoded.find(({ record }) => record === last)?.event.id ?? digestOf(last)
    })
    await countEventDrift(tx, drifted, drifts)
    await aggregates.write(tx)
    passCrashPoint('after-checkpoint-before-commit')
    return {
      hole: null,
      wentBack: null,
      records: fresh.length,
      events,
      deadLetters,
      failures,
      drifted: drifted.length
    }
  })
}

/** False when the records show that the log has another record at the checkpoint, or none. */
function matchesCheckpoint(
  records: readonly StoredRecord[],
  checkpoint: Checkpoint,
  { position, settings }: BatchOptions
): boolean {
  const atCheckpoint = records.find(record => record.offset === checkpoint.offset)
  if (atCheckpoint) return isRecord(atCheckpoint, checkpoint.id, settings)
  // In a sparse log, a record of another topic may be there now.
  return !(position?.mustContain && position.offset === checkpoint.offset)
}

const NOTHING: ProjectedBatch = {
  hole: null,
  wentBack: null,
  records: 0,
  events: [],
  deadLetters: [],
  failures: [],
  drifted: 0
}
