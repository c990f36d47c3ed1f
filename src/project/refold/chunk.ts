import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { bulkValues, unnestSql } from '../../db/bulk-sql.js'
import { entityColumns } from '../../db/event-columns.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { createAggregates } from '../batch/aggregates.js'
import { type FailedEntity, foldEntities } from '../batch/fold-entities.js'
import { foldedKinds, foldVersionOf } from '../models/read-models.js'

export interface RefoldChunkOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** The chunk begins after this entity, or with null at the first one. */
  after: Entity | null
  size: number
  /** Fold, and roll everything back. */
  dryRun?: boolean
}

/** The result of folding one chunk of entities again. */
export interface RefoldedChunk {
  /** The last of the entities in key order; null when there are no more. */
  last: Entity | null
  entities: number
  failures: FailedEntity[]
}

const SELECT = 'select e.account, e.kind, e.entity from entities e'
const NEXT = '(e.account, e.kind, e.entity) > ($1, $2, $3) order by e.account, e.kind, e.entity limit $4'
const OUTDATED = `${SELECT} join unnest($5::text[], $6::int[]) as v (kind, version) on v.kind = e.kind
  where (e.fold_version < v.version or e.failed is not null) and ${NEXT} for update of e skip locked`
const FAILED = `${SELECT} where e.failed is not null and ($5::text is null or e.account = $5) and ${NEXT} for update`

/**
 * Folds entities again that were folded by an older version or could not be folded. Entities that another transaction
 * has locked are skipped: it folds them by the current version.
 */
export async function refoldOutdated(options: RefoldChunkOptions): Promise<RefoldedChunk> {
  const kinds = foldedKinds()
  return refoldChunk(options, OUTDATED, [kinds, kinds.map(foldVersionOf)])
}

/** Folds entities again that could not be folded, of one account or of all. */
export async function refoldFailed({
  account = null,
  ...options
}: RefoldChunkOptions & { account?: string | null }): Promise<RefoldedChunk> {
  return refoldChunk(options, FAILED, [account])
}

const THESE = `${SELECT} join ${unnestSql(entityColumns)}
  on (e.account, e.kind, e.entity) = (u.account, u.kind, u.entity)
  order by e.account, e.kind, e.entity for update of e`

/** Folds these entities again, after waiting for transactions that have locked them. */
export async function refoldEntities(
  { pool, settings }: Pick<RefoldChunkOptions, 'pool' | 'settings'>,
  entities: readonly Entity[]
): Promise<FailedEntity[]> {
  return inTransaction(pool, async tx => {
    const { rows } = await tx.query<Entity>(THESE, bulkValues(entityColumns, entities))
    return foldAgain(tx, rows, settings)
  })
}

async function refoldChunk(
  { pool, settings, after, size, dryRun = false }: RefoldChunkOptions,
  select: string,
  values: readonly unknown[]
): Promise<RefoldedChunk> {
  return inTransaction(pool, async tx => {
    const { rows: entities } = await tx.query<Entity>(select, [
      after?.account ?? '',
      after?.kind ?? '',
      after?.entity ?? '',
      size,
      ...values
    ])
    await tx.query('savepoint as_it_was')
    const failures = await foldAgain(tx, entities, settings)
    if (dryRun) await tx.query('rollback to savepoint as_it_was')
    return { last: entities.at(-1) ?? null, entities: entities.length, failures }
  })
}

/** Folds locked entities. */
async function foldAgain(tx: Tx, entities: readonly Entity[], settings: AccountSettings): Promise<FailedEntity[]> {
  const aggregates = createAggregates()
  const failures = await foldEntities(tx, entities, { settings, aggregates })
  await aggregates.write(tx)
  return failures
}
