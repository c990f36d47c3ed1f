import { type BulkRow, bulkValues, columnList, columnsExcept, unnestSql } from '../../db/bulk-sql.js'
import { deadLetters as table } from '../../db/schema/dead-letters.js'
import type { Tx } from '../../db/transaction.js'
import type { StoredRecord } from '../../event-log/port.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { sqlStateOf } from '../../lib/sqlstate.js'

/** A record that cannot be projected, and why: undecodable, or rejected by the database because of its content. */
export interface DeadLetter {
  record: StoredRecord
  /** The id of its event, or the SHA-256 of its bytes. */
  id: string
  /** `null` when unknown. */
  account: string | null
  err: Error
}

const columns = columnsExcept(table, 'id', 'state')

/** A record that fails again keeps the time of its first failure, and its state when it was redriven or discarded. */
const INSERT = `insert into dead_letters (${columnList(columns)}) select * from ${unnestSql(columns)}
  on conflict (log_id, topic, partition, record_offset, record_id) do update
  set code = excluded.code, reason = excluded.reason
  where dead_letters.state = 'dead'
    and (dead_letters.code, dead_letters.reason) is distinct from (excluded.code, excluded.reason)`

/** Stores whole records, so that they can be redriven later. */
export async function insertDeadLetters(
  tx: Tx,
  deadLetters: readonly DeadLetter[],
  { logId, now }: { logId: string; now: Date }
): Promise<void> {
  if (deadLetters.length === 0) return
  const rows = deadLetters.map(
    ({ record, id, account, err }): Omit<BulkRow<typeof table>, 'id' | 'state'> => ({
      logId,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      recordId: id,
      account,
      ...refusalOf(err),
      key: record.key === null ? null : Buffer.from(record.key),
      value: record.value,
      headers: headersOf(record),
      diedAt: now
    })
  )
  await tx.query(INSERT, bulkValues(columns, rows))
}

/** Why a record cannot be projected. The message of the database quotes the rejected value, so it is not used. */
export function refusalOf(err: Error): { code: string; reason: string } {
  const state = sqlStateOf(err)
  if (state) return { code: state, reason: 'the database rejects its content' }
  // errors of this project have one
  return { code: (err as { code?: string }).code ?? 'MCS_UNKNOWN', reason: err.message }
}

/** The account that the header of an undecodable record claims, which anyone may have written. */
export function claimedAccount({ headers }: Pick<StoredRecord, 'headers'>): string | null {
  const [, account = ''] = /^\/mightycall\/([^/]*)\//.exec(headers.ce_source ?? '') ?? []
  return new RegExp(ACCOUNT_PATTERN).test(account) ? account : null
}

/** Kafka headers are arbitrary bytes, whereas jsonb takes only well-formed text without U+0000. */
function headersOf(record: StoredRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => [storableText(name), storableText(value)])
  )
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD')
}
