import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { arraysOf } from '../../db/bulk-sql.js'
import { entityColumns } from '../../db/event-columns.js'
import { inTransaction, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { createAggregates } from '../batch/aggregates.js'
import { raiseFoldVersions } from '../batch/entities.js'
import { type FailedEntity, foldEntities } from '../batch/fold-entities.js'
import { READ_MODELS } from '../models/read-models.js'

export interface RefoldChunkOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** The entity after which the chunk begins; null: at the first. */
  after: Entity | null
  size: number
  /** Try it, and take all of it back. */
  dryRun?: boolean
}

export interface Refolded {
  /** The last of them in key order; null: there are none left. */
  last: Entity | null
  entities: number
  failures: FailedEntity[]
}

const SELECT = 'select e.account, e.kind, e.entity from entities e'
const NEXT = '(e.account, e.kind, e.entity) > ($1, $2, $3) order by e.account, e.kind, e.entity limit $4'
const OUTDATED = `${SELECT} join unnest($5::text[], $6::int[]) as v (kind, version) on v.kind = e.kind where (e.fold_version < v.version or e.failed is not null) and ${NEXT} for update of e skip locked`
const FAILED = `${SELECT} where e.failed is not null and ($5::text is null or e.account = $5) and ${NEXT} for update`

/**
 * Folds again what an older version has folded, or what could not be folded. What others hold locked is left to them.
 */
export async function refoldOutdated(options: RefoldChunkOptions): Promise<Refolded> {
  return refoldChunk(options, OUTDATED, [
    READ_MODELS.map(({ kind }) => kind),
    READ_MODELS.map(({ foldVersion }) => foldVersion)
  ])
}

/** Folds again what could not be folded; of one account, if it is given. */
export async function refoldFailed({
  account = null,
  ...options
}: RefoldChunkOptions & { account?: string | null }): Promise<Refolded> {
  return refoldChunk(options, FAILED, [account])
}

const THESE = `${SELECT} join unnest($1::text[], $2::text[], $3::text[]) as u (account, kind, entity) on (e.account, e.kind, e.entity) = (u.account, u.kind, u.entity)
  order by e.account, e.kind, e.entity for update of e`

/** Folds these again, once whoever holds one of them is done with it. */
export async function refoldThese(
  { pool, settings }: Pick<RefoldChunkOptions, 'pool' | 'settings'>,
  entities: readonly Entity[]
): Promise<FailedEntity[]> {
  return inTransaction(pool, async tx => {
    const { rows } = await tx.query<Entity>(THESE, arraysOf(entityColumns, entities))
    return foldAgain(tx, rows, settings)
  })
}

async function refoldChunk(
  { pool, settings, after, size, dryRun = false }: RefoldChunkOptions,
  select: string,
  values: readonly unknown[]
): Promise<Refolded> {
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

/** Locked ones. */
async function foldAgain(tx: Tx, entities: readonly Entity[], settings: AccountSettings): Promise<FailedEntity[]> {
  const aggregates = createAggregates()
  const failures = await foldEntities(tx, entities, { settings, aggregates })
  await raiseFoldVersions(tx, entities)
  await aggregates.write(tx)
  return failures
}
