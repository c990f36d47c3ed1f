import type pg from 'pg'
import { inTransaction } from '../../db/transaction.js'
import type { LogDamage } from '../../event-log/port.js'

/** All topics of a local log share one sequence of offsets, and it is unknown which ones a lost record belonged to. */
const TOPIC = 'all'

/** The checkpoint of the row is the last offset before the damage. */
const INSERT = `insert into holes (log_id, consumer_group, topic, partition, reason, checkpoint_offset, first_offset,
    end_offset, lost_records, lost_after, lost_before, detected_at)
  select $1, $2, $3, 0, 'log-damage', $4::bigint - 1, $4, $5, $6, $7, $8, $9
  where not exists (
    select from holes where log_id = $1 and consumer_group = $2 and reason = 'log-damage' and first_offset = $4
  )`

/** Stores each damaged range of a local log as a hole, once, however often it is found. */
export async function recordLogDamage(
  pool: pg.Pool,
  { logId, group, now }: { logId: string; group: string; now: Date },
  damage: readonly LogDamage[]
): Promise<void> {
  const instantOf = (ms: number | null) => (ms === null ? null : new Date(ms))
  await inTransaction(pool, async tx => {
    for (const { firstOffset, endOffset, records, lostAfter, lostBefore } of damage) {
      const times = [instantOf(lostAfter), instantOf(lostBefore), now]
      await tx.query(INSERT, [logId, group, TOPIC, firstOffset, endOffset, records, ...times])
    }
  })
}
