import type pg from 'pg'
import type { Test } from 'tap'
import { inTransaction } from '../../src/db/transaction.js'
import { UndecodableRecordError } from '../../src/errors.js'
import type { LogRecord } from '../../src/event-log/port.js'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { insertDeadLetters } from '../../src/project/batch/dead-letters.js'
import { type RedriveOptions, redriveDeadLetter } from '../../src/project/dead-letters/redrive.js'
import { KEY, NOW, projector, stored } from './projection.js'
import { SETTINGS } from './settings.js'

export const FOREIGN = { key: 'default:+15559371200', value: Buffer.from('from +15559371200: hello'), headers: {} }

/** Letters that an older version has left: it could not decode what today's can. */
export async function leaveLetters(
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
  await inTransaction(pool, tx => insertDeadLetters(tx, letters, { logId: KEY.logId, now: NOW }))
}

/** A database with such letters of these events, by their ids in order, and what redrives them. */
export async function withLetters(t: Test, events: readonly Event[]) {
  const { pool, count, project } = await projector(t)
  await leaveLetters(pool, events.map(encodeEvent))
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
  const again = (id: string, options: Partial<RedriveOptions> = {}) =>
    redriveDeadLetter(id, { pool, settings: SETTINGS, now: NOW, by: 'a test', ...options })
  const ids = (await letters()).map(({ id }) => id)
  return { pool, count, project, letters, actions, redrive: again, ids }
}

/** All rows of what is projected, to be compared. */
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
