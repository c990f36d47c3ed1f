import type pg from 'pg'
import { type BulkRow, bulkValues, columnList, columnsOf, unnestSql } from '../../db/bulk-sql.js'
import { gapObject, writeChanges } from '../../db/changes.js'
import { gaps as gapTable } from '../../db/schema/gaps.js'
import { inTransaction } from '../../db/transaction.js'
import type { Gap } from './gap-rules.js'
import { HOUR_MS } from './hours.js'

/** A gap and the entity that it belongs to. */
export interface GapOfEntity extends Gap {
  account: string
  kind: 'call' | 'voicemail' | 'message'
  entity: string
  businessNumber: string | null
  at: number
}

const columns = columnsOf(gapTable)

const rowOf = ({ at, healing, ...gap }: GapOfEntity): BulkRow<typeof gapTable> => ({
  ...gap,
  hour: Math.floor(at / HOUR_MS) * HOUR_MS,
  healedAt: healing?.healedAt ?? null,
  healedBy: healing?.healedBy ?? null
})

/**
 * The first detection of a gap stays, and so does its healing: of two processes that look at once, one writes. Rows are
 * written in key order, so that the two cannot deadlock.
 */
const STORE = `insert into gaps (${columnList(columns)})
  select * from ${unnestSql(columns)} order by account, kind, entity
  on conflict (account, kind, entity) do update set
    healed_at = greatest(gaps.detected_at, excluded.healed_at), healed_by = excluded.healed_by
  where gaps.healed_at is null and excluded.healed_at is not null
  returning account, kind, entity, xmax = '0' as is_new, healed_at is not null as is_healed`

export interface GapChanges {
  /** Gaps that are new. */
  detected: number
  /** Gaps that have healed since the last look. */
  healed: number
}

interface StoredGap {
  account: string
  kind: string
  entity: string
  is_new: boolean
  is_healed: boolean
}

/** Stores the new gaps and the new healings among these, each of them once. */
export async function storeGaps(pool: pg.Pool, gaps: readonly GapOfEntity[]): Promise<GapChanges> {
  if (gaps.length === 0) return { detected: 0, healed: 0 }
  const rows = await inTransaction(pool, async tx => {
    const stored = await tx.query<StoredGap>(STORE, bulkValues(columns, gaps.map(rowOf)))
    await writeChanges(
      tx,
      stored.rows.map(row => ({ account: row.account, kind: 'gap', object: gapObject(row) }))
    )
    return stored.rows
  })
  return { detected: rows.filter(row => row.is_new).length, healed: rows.filter(row => row.is_healed).length }
}
