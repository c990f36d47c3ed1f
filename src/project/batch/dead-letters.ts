import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import type { StoredRecord } from '../../event-log/port.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { sqlStateOf } from '../../lib/sqlstate.js'

/** A record that cannot be projected, and why: undecodable, or refused by the database for what it holds. */
export interface DeadLetter {
  record: StoredRecord
  /** Its event's id, or the sha-256 of its bytes. */
  id: string
  /** Null: it cannot be told. */
  account: string | null
  err: Error
}

type Row = DeadLetter & { logId: string; now: Date }

const columns: Columns<Row> = {
  log_id: { type: 'text', of: row => row.logId },
  topic: { type: 'text', of: row => row.record.topic },
  partition: { type: 'int', of: row => row.record.partition },
  record_offset: { type: 'int8', of: row => row.record.offset.toString() },
  record_id: { type: 'text', of: row => row.id },
  account: { type: 'text', of: row => row.account },
  code: { type: 'text', of: row => refusalOf(row.err).code },
  reason: { type: 'text', of: row => refusalOf(row.err).reason },
  key: { type: 'bytea', of: row => (row.record.key === null ? null : Buffer.from(row.record.key)) },
  value: { type: 'bytea', of: row => row.record.value },
  headers: { type: 'jsonb', of: row => headersOf(row.record) },
  died_at: { type: 'timestamptz', of: row => row.now.toISOString() }
}

/** A record that comes again died when it came first; what was redriven or discarded stays so. */
const INSERT = `insert into dead_letters (${Object.keys(columns).join(', ')}) select * from ${unnest(columns)}
  on conflict (log_id, topic, partition, record_offset, record_id) do update set code = excluded.code, reason = excluded.reason
  where dead_letters.state = 'dead' and (dead_letters.code, dead_letters.reason) is distinct from (excluded.code, excluded.reason)`

/** Keeps the records whole, for a later redrive. */
export async function insertDeadLetters(
  tx: Tx,
  logId: string,
  letters: readonly DeadLetter[],
  now: Date
): Promise<void> {
  if (letters.length > 0)
    await tx.query(
      INSERT,
      arraysOf(
        columns,
        letters.map(letter => ({ ...letter, logId, now }))
      )
    )
}

/** Why a record cannot be projected. A database's message quotes the value that it refuses; ours do not. */
export function refusalOf(err: Error): { code: string; reason: string } {
  const state = sqlStateOf(err)
  if (state) return { code: state, reason: 'the database refuses what it holds' }
  return { code: (err as { code?: string }).code ?? 'MCS_UNKNOWN', reason: err.message } // ours all have a code
}

/** Of an undecodable record: what its header says, which anyone may have written. */
export function claimedAccount({ headers }: Pick<StoredRecord, 'headers'>): string | null {
  const [, account = ''] = /^\/mightycall\/([^/]*)\//.exec(headers.ce_source ?? '') ?? []
  return new RegExp(ACCOUNT_PATTERN).test(account) ? account : null
}

/** Headers are bytes to Kafka, but text without U+0000 to jsonb. */
function headersOf(record: StoredRecord): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [clean(name), clean(value)]))
  )
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD')
}
