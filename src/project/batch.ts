import { createHash } from 'node:crypto'
import type pg from 'pg'
import { inTransaction } from '../db/transaction.js'
import type { Event } from '../events/event.js'
import { decodeRecord } from '../events/record.js'
import type { Offset, StoredRecord } from '../event-log/port.js'
import { createAggregates } from './aggregates.js'
import { advanceCheckpoint, type CheckpointKey, lockCheckpoint } from './checkpoints.js'
import { type DeadLetter, insertDeadLetters } from './dead-letters.js'
import { type FailedEntity, foldEntities } from './fold-entities.js'
import { type Hole, recordHole } from './holes.js'
import type { AccountSettings } from './settings.js'
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
    if (isGone || (handled && !isRecord(handled, checkpoint.id))) {
      const hole: Hole = { reason: 'other-record', checkpoint, bounds: null }
      await recordHole(tx, key, hole, now)
      return { ...NOTHING, hole }
    }
    const fresh = records.filter(record => record.offset > checkpoint.offset)
    const last = fresh.at(-1)
    if (!last) return NOTHING

    const { decoded, undecodable } = decodeAll(fresh)
    const { entities, refused } = await storeEvents(tx, decoded)
    const aggregates = createAggregates()
    const failures = await foldEntities(tx, entities, { settings, aggregates })
    const deadLetters = [...undecodable, ...refused.map(({ item, err }) => ({ record: item.record, id: item.event.id, err }))]
    await insertDeadLetters(tx, key.logId, deadLetters, now)
    await advanceCheckpoint(tx, key, { offset: last.offset, id: decoded.find(({ record }) => record === last)?.event.id ?? digestOf(last) })
    await aggregates.write(tx)
    return { hole: null, wentBack: false, records: fresh.length, events: decoded.map(({ event }) => event), deadLetters, failures }
  })
}

const NOTHING: Projected = { hole: null, wentBack: false, records: 0, events: [], deadLetters: [], failures: [] }

function decodeAll (records: readonly StoredRecord[]): { decoded: DecodedRecord[], undecodable: DeadLetter[] } {
  const decoded: DecodedRecord[] = []
  const undecodable: DeadLetter[] = []
  for (const record of records) {
    try {
      decoded.push({ record, event: decodeRecord(record) })
    } catch (err) {
      undecodable.push({ record, id: digestOf(record), err: err as Error }) // decodeRecord throws nothing else
    }
  }
  return { decoded, undecodable }
}

/** By its event's id, or by its bytes: what one version cannot decode another one can. */
function isRecord (record: StoredRecord, id: string | null): boolean {
  const { decoded: [first] } = decodeAll([record])
  return first?.event.id === id || digestOf(record) === id
}

function digestOf (record: StoredRecord): string {
  return createHash('sha256').update(record.value ?? '').digest('hex')
}
