import { createHash } from 'node:crypto'
import type pg from 'pg'
import { passCrashPoint } from '../crash-points.js'
import { inTransaction } from '../db/transaction.js'
import type { Event } from '../events/event.js'
import { decodeRecord } from '../events/record.js'
import { reparse } from '../mightycall/reparse.js'
import type { Offset, StoredRecord } from '../event-log/port.js'
import { createAggregates } from './aggregates.js'
import { advanceCheckpoint, type CheckpointKey, lockCheckpoint } from './checkpoints.js'
import { type DeadLetter, insertDeadLetters } from './dead-letters.js'
import { countDrift, driftsOf } from './drift.js'
import { type FailedEntity, foldEntities } from './fold-entities.js'
import { type Hole, recordHole } from './holes.js'
import type { AccountSettings } from '../accounts.js'
import { storeEvents } from './store-events.js'

/** What became of a batch; told after it is committed. */
export interface Projected {
  /** Another record lies where the checkpoint was: nothing was projected, and reading must start again. */
  hole: Hole | null
  /** The checkpoint lies before what this process has projected: the database was restored, or its replica took over. Nothing was projected. */
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
}

/** How far a reader is. */
export interface Reached {
  /** Of the last record handled; -1: none. */
  offset: Offset
  /** The first batch since the start: it must hold that record. */
  isHeld: boolean
}

interface DecodedRecord {
  record: StoredRecord
  event: Event
}

/**
 * Projects the records of one partition in one READ COMMITTED transaction, always in this order of locks:
 * the checkpoint, the entities in the order of their keys, their events and rows, dead letters, the checkpoint's advance, and last the
 * few rows that many entities add to.
 *
 * @param records  in the order of their offsets
 * @throws whatever is no record's fault; nothing is committed then, and the same records may come again
 */
export async function projectBatch (pool: pg.Pool, key: CheckpointKey, records: readonly StoredRecord[], { now, settings, reached = null }: BatchOptions): Promise<Projected> {
  return inTransaction(pool, async tx => {
    const checkpoint = await lockCheckpoint(tx, key, now)
    if (reached && checkpoint.offset < reached.offset) return { ...NOTHING, wentBack: true }
    const handled = records.find(record => record.offset === checkpoint.offset)
    const isGone = reached?.isHeld && reached.offset === checkpoint.offset && !handled // in a sparse log, a record of another topic lies there now
    if (isGone || (handled && !isRecord(handled, checkpoint.id, settings))) {
      const hole: Hole = { reason: 'other-record', checkpoint, bounds: null }
      await recordHole(tx, key, hole, now)
      return { ...NOTHING, hole }
    }
    const fresh = records.filter(record => record.offset > checkpoint.offset)
    const last = fresh.at(-1)
    if (!last) return NOTHING

    const { decoded, undecodable } = decodeAll(fresh, settings)
    const events = decoded.map(({ event }) => event)
    const drifts = driftsOf(events)
    const { entities, refused, fresh: drifted } = await storeEvents(tx, decoded, event => drifts.has(event))
    passCrashPoint('after-events-before-rows')
    const aggregates = createAggregates()
    const failures = await foldEntities(tx, entities, { settings, aggregates })
    const deadLetters = [...undecodable, ...refused.map(({ item, err }) => ({ record: item.record, id: item.event.id, err }))]
    await insertDeadLetters(tx, key.logId, deadLetters, now)
    passCrashPoint('after-rows-before-checkpoint')
    await advanceCheckpoint(tx, key, { offset: last.offset, id: decoded.find(({ record }) => record === last)?.event.id ?? digestOf(last) })
    await aggregates.write(tx)
    await countDrift(tx, drifted, drifts)
    passCrashPoint('after-checkpoint-before-commit')
    return { hole: null, wentBack: false, records: fresh.length, events, deadLetters, failures, drifted: drifted.length }
  })
}

const NOTHING: Projected = { hole: null, wentBack: false, records: 0, events: [], deadLetters: [], failures: [], drifted: 0 }

function decodeAll (records: readonly StoredRecord[], { regionOf }: AccountSettings): { decoded: DecodedRecord[], undecodable: DeadLetter[] } {
  const decoded: DecodedRecord[] = []
  const undecodable: DeadLetter[] = []
  for (const record of records) {
    try {
      decoded.push({ record, event: byTodaysParser(decodeRecord(record), regionOf) })
    } catch (err) {
      undecodable.push({ record, id: digestOf(record), err: err as Error }) // decodeRecord throws nothing else
    }
  }
  return { decoded, undecodable }
}

/** What the receiver did not know may be known by now: that one may have been older, or the record be. */
function byTodaysParser (event: Event, regionOf: AccountSettings['regionOf']): Event {
  return event.type === 'unclassified' ? reparse(event, regionOf(event.account)) : event
}

/** By its event's id, or by its bytes: what one version cannot decode another one can. */
function isRecord (record: StoredRecord, id: string | null, settings: AccountSettings): boolean {
  const { decoded: [first] } = decodeAll([record], settings)
  return first?.event.id === id || digestOf(record) === id
}

function digestOf (record: StoredRecord): string {
  return createHash('sha256').update(record.value ?? '').digest('hex')
}
