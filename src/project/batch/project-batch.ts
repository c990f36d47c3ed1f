import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { inTransaction } from '../../db/transaction.js'
import type { Offset, StoredRecord } from '../../event-log/port.js'
import type { Event } from '../../events/event.js'
import { passCrashPoint } from '../../lib/crash-points.js'
import type { BatchGuard } from '../breaker/guard.js'
import { createAggregates } from './aggregates.js'
import { advanceCheckpoint, type CheckpointKey, type Hole, lockCheckpoint, recordHole } from './checkpoints.js'
import { countDrift, driftsOf } from './count-drift.js'
import { type DeadLetter, insertDeadLetters } from './dead-letters.js'
import { decodeAll, digestOf, isRecord } from './decode.js'
import { type FailedEntity, foldEntities } from './fold-entities.js'
import { storeEvents } from './store-events.js'

/** What became of a batch; told after it is committed. */
export interface Projected {
  /** Another record lies where the checkpoint was: nothing was projected, and reading must start again. */
  hole: Hole | null
  /**
   * The checkpoint lies before what this process has projected: the database was restored, or its replica took over.
   * Nothing was projected.
   */
  wentBack: boolean
  /** Records that no earlier transaction had handled. */
  records: number
  events: Event[]
  deadLetters: DeadLetter[]
  failures: FailedEntity[]
  /** Events, not stored before, that held something that we do not know. */
  drifted: number
}

/** Besides the records: when it is, what is known of accounts, and how far the reader is that they came from. */
export interface BatchOptions {
  now: Date
  settings: AccountSettings
  reached?: Reached | null
  /** May refuse the batch before anything is done, and once it is known what fails. */
  guard?: BatchGuard
}

/** How far a reader is. */
export interface Reached {
  /** Of the last record handled; -1: none. */
  offset: Offset
  /** The first batch since the start: it must hold that record. */
  isHeld: boolean
}

/**
 * Projects the records of one partition in one READ COMMITTED transaction, always in this order of locks:
 * the checkpoint, the entities in the order of their keys, their events and rows, dead letters, the checkpoint's
 * advance, and last the
 * few rows that many entities add to, and the numbered changes.
 *
 * @param records  in the order of their offsets
 * @throws whatever is no record's fault; nothing is committed then, and the same records may come again
 */
export async function projectBatch(
  pool: pg.Pool,
  key: CheckpointKey,
  records: readonly StoredRecord[],
  { now, settings, reached = null, guard }: BatchOptions
): Promise<Projected> {
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (reached && checkpoint.offset < reached.offset) return { ...NOTHING, wentBack: true }
    const handled = records.find(record => record.offset === checkpoint.offset)
    // in a sparse log, a record of another topic lies there now
    const isGone = reached?.isHeld && reached.offset === checkpoint.offset && !handled
    if (isGone || (handled && !isRecord(handled, checkpoint.id, settings))) {
      const hole: Hole = { reason: 'other-record', checkpoint, bounds: null }
      await recordHole(tx, key, hole, now)
      return { ...NOTHING, hole }
    }
    const fresh = records.filter(record => record.offset > checkpoint.offset)
    const last = fresh.at(-1)
    if (!last) return NOTHING
    await guard?.enter(tx)

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
    guard?.leave(fresh, { decoded, deadLetters, failures })
    await insertDeadLetters(tx, key.logId, deadLetters, now)
    passCrashPoint('after-rows-before-checkpoint')
    await advanceCheckpoint(tx, key, {
      offset: last.offset,
      id: decoded.find(({ record }) => record === last)?.event.id ?? digestOf(last)
    })
    await countDrift(tx, drifted, drifts)
    await aggregates.write(tx)
    passCrashPoint('after-checkpoint-before-commit')
    return {
      hole: null,
      wentBack: false,
      records: fresh.length,
      events,
      deadLetters,
      failures,
      drifted: drifted.length
    }
  })
}

const NOTHING: Projected = {
  hole: null,
  wentBack: false,
  records: 0,
  events: [],
  deadLetters: [],
  failures: [],
  drifted: 0
}
