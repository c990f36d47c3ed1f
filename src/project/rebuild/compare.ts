import { bulkValues, columnName, unnestSql } from '../../db/bulk-sql.js'
import { extensions } from '../../db/schema/directory.js'
import type { Tx } from '../../db/transaction.js'
import type { FoldedEntity } from '../batch/write-rows.js'
import { type ExtensionSighting, sightingColumns, sightingValues } from '../models/discovered-extensions.js'
import type { ReadModel } from '../models/read-model.js'

/** A stored row that differs from what the events make. */
export interface Difference {
  table: string
  account: string
  /** The id of the entity; for the reports the day, the business number and the extension. */
  entity: string
  /** `missing` when there is no row, `extra` when there should be none, otherwise the columns that differ. */
  fields: string[]
}

/** How the stored rows of these entities differ from the folded ones. */
export async function compareRows(tx: Tx, model: ReadModel, folded: readonly FoldedEntity[]): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const { columns, rowsOf, statements } of model.tables) {
    const rows = folded.flatMap(({ row }) => (row === null ? [] : rowsOf(row)))
    const entities = [folded.map(({ entity }) => entity.account), folded.map(({ entity }) => entity.entity)]
    const found = await tx.query<Difference>(statements.compare, [...entities, ...bulkValues(columns, rows)])
    differences.push(...found.rows)
  }
  return differences
}

const seenAt = columnName(extensions, 'createdAt')

const UNSEEN = `select 'mightycall_extensions' as table, account, extension as entity,
    array[case when bool_or(known) then '${seenAt}' else 'missing' end] as fields
  from (
    select u.account, u.extension, e.account is not null as known from ${unnestSql(sightingColumns)}
    left join mightycall_extensions e on e.account = u.account and e.extension = u.extension
    where e.account is null or e.${seenAt} > u.${seenAt}
  ) s
  group by account, extension order by account, extension`

/** Extensions that calls name and that have no row, or a row with a later first sighting. */
export async function compareExtensions(tx: Tx, sightings: readonly ExtensionSighting[]): Promise<Difference[]> {
  if (sightings.length === 0) return []
  const { rows } = await tx.query<Difference>(UNSEEN, sightingValues(sightings))
  return rows
}
