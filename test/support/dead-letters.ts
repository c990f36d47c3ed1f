import type pg from 'pg'
import type { Test } from 'tap'
import { inTransaction } from '../../src/db/transaction.js'
import { UndecodableRecordError } from '../../src/errors.js'
import type { LogRecord } from '../../src/event-log/port.js'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { insertDeadLetters } from '../../src/project/batch/dead-letters.js'
import { type RedriveOptions, redriveDeadLetter } from '../../src/project/dead-letters/redrive.js'
import { NOW, PARTITION_KEY, projector, stored } from './projection.js'
import { SETTINGS } from './settings.js'

export const FOREIGN_RECORD = {
  key: 'default:+15559371200',
  value: Buffer.from('from +15559371200: hello'),
  headers: {}
}

/** Inserts dead letters of an older version, which could not decode records that the current version can. */
export async function insertUndecodableLetters(
  pool: pg.Pool,
  records: readonly Pick<LogRecord, 'key' | 'value' | 'headers'>[],
  from = 0
): Promise<void> {
  const letters = stored(records, from).map(record => ({
    record,
    id: `digest-${record.offset}`,
    account: null,
    err: new UndecodableRecordError('its type is unknown')
  }))
  await inTransaction(pool, tx => insertDeadLetters(tx, letters, { logId: PARTITION_KEY.logId, now: NOW }))
}

/** Creates a database with one dead letter for each event. `ids` are in the order of the events. */
export async function setUpDeadLetters(t: Test, events: readonly Event[]) {
  const { pool, count, project } = await projector(t)
  await insertUndecodableLetters(pool, events.map(encodeEvent))
  const letters = async () =>
    (
      await pool.query<{ id: string; state: string; code: string; reason: string }>(
        'select id, state, code, reason from dead_letters order by id'
      )
    ).rows
  const actions = async () =>
    (
      await pool.query<{ action: string; acted_by: string; code: string | null; reason: string | null }>(
        'select action, acted_by, code, reason from dead_letter_actions order by id'
      )
    ).rows
  const redrive = (id: string, options: Partial<RedriveOptions> = {}) =>
    redriveDeadLetter(id, { pool, settings: SETTINGS, now: NOW, by: 'a test', ...options })
  const ids = (await letters()).map(({ id }) => id)
  return { pool, count, project, letters, actions, redrive, ids }
}

/** Returns all projected rows as one text that tests can compare. */
export async function projectedRows(pool: pg.Pool): Promise<string> {
  const tables = [
    'events',
    'entities',
    'call_history',
    'call_legs',
    'mightycall_extensions',
    'mightycall_reports',
    'drift'
  ]
  const rows = await Promise.all(
    tables.map(async table => (await pool.query(`select * from ${table} order by 1, 2, 3, 4`)).rows)
  )
  return JSON.stringify(rows)
}
