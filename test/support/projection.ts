import type { Test } from 'tap'
import type { LogRecord, StoredRecord } from '../../src/event-log/port.js'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { freshDatabase } from './database.js'
import { SETTINGS } from './settings.js'

export const NOW = new Date('2026-11-23T09:00:00.000Z')
export const PARTITION_KEY = { logId: 'log-1', group: 'g', topic: 'calls', partition: 0 } as const
export const ANSWERED = 'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > IncomingCallCompleted'

/** Returns the records as they are stored in the partition of PARTITION_KEY. */
export function stored(records: readonly Pick<LogRecord, 'value' | 'headers' | 'key'>[], from = 0): StoredRecord[] {
  return records.map((record, i) => ({ ...record, topic: 'calls', partition: 0, offset: BigInt(from + i) }))
}

/** Creates a database and returns functions that project events into it and query it. */
export async function projector(t: Test) {
  const { pool } = await freshDatabase(t)
  const count = async (table: string) =>
    Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  const project = (events: readonly Event[], from = 0) =>
    projectBatch(pool, PARTITION_KEY, stored(events.map(encodeEvent), from), { now: NOW, settings: SETTINGS })
  const checkpoint = async () =>
    (await pool.query<{ last_offset: string; last_id: string }>('select last_offset, last_id from checkpoints')).rows
  return { pool, count, project, checkpoint }
}
