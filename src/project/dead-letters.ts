import { bulkUpsert } from '../db/unnest.js'
import { sqlStateOf } from '../db/sqlstate.js'
import type { Tx } from '../db/transaction.js'
import type { StoredRecord } from '../event-log/port.js'

/** A record that can never be projected, and why: undecodable, or refused by the database for what it holds. */
export interface DeadLetter {
  record: StoredRecord
  /** Its event's id, or the sha-256 of its bytes. */
  id: string
  err: Error
}

type Row = DeadLetter & { logId: string, now: Date }

const INSERT = bulkUpsert<Row>('dead_letters', ['log_id', 'topic', 'partition', 'record_offset'], {
  log_id: { type: 'text', of: row => row.logId },
  topic: { type: 'text', of: row => row.record.topic },
  partition: { type: 'int', of: row => row.record.partition },
  record_offset: { type: 'int8', of: row => row.record.offset.toString() },
  record_id: { type: 'text', of: row => row.id },
  code: { type: 'text', of: row => codeOf(row.err) },
  reason: { type: 'text', of: row => reasonOf(row.err) },
  key: { type: 'bytea', of: row => row.record.key === null ? null : Buffer.from(row.record.key) },
  value: { type: 'bytea', of: row => row.record.value },
  headers: { type: 'jsonb', of: row => headersOf(row.record) },
  died_at: { type: 'timestamptz', of: row => row.now.toISOString() }
})

/** Keeps the records whole, for a later redrive. */
export async function insertDeadLetters (tx: Tx, logId: string, letters: readonly DeadLetter[], now: Date): Promise<void> {
  if (letters.length === 0) return
  await tx.query(INSERT.text, INSERT.values(letters.map(letter => ({ ...letter, logId, now }))))
}

function codeOf (err: Error): string {
  return sqlStateOf(err) ?? (err as { code?: string }).code ?? 'MCS_UNKNOWN' // ours all have a code
}

/** A database's message quotes the value that it refuses; ours do not. */
function reasonOf (err: Error): string {
  return sqlStateOf(err) ? 'the database refuses what it holds' : err.message
}

/** Headers are bytes to Kafka, but text without U+0000 to jsonb. */
function headersOf (record: StoredRecord): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [clean(name), clean(value)])))
}

function clean (text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD')
}
