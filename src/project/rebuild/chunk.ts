import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import { inSnapshot, inTransaction, type Tx } from '../../db/transaction.js'
import type { Entity } from '../../events/event.js'
import { createAggregates } from '../batch/aggregates.js'
import { raiseFoldVersions } from '../batch/entities.js'
import { type FailedEntity, foldAll, keepFolded } from '../batch/fold-entities.js'
import type { Folded } from '../batch/write-rows.js'
import type { Sighting } from '../models/discovered-extensions.js'
import { READ_MODELS } from '../models/read-models.js'
import { compareRows, type Difference } from './compare.js'
import { loadReread, updateReread } from './reread.js'

/** What was found, and mended unless it was a dry run, of some entities. */
export interface Chunk {
  /** The last of them in key order; null: there are none left. */
  last: Entity | null
  entities: number
  events: number
  differences: Difference[]
  failures: FailedEntity[]
}

export interface ChunkOptions {
  pool: pg.Pool
  settings: AccountSettings
  /** The entity after which the chunk begins; null: at the first. */
  after: Entity | null
  size: number
  dryRun: boolean
  /** In the same transaction, once the rows are right. */
  onDone?: (tx: Tx, chunk: Chunk) => Promise<void>
}

/**
 * Folds the next entities from their events, as today's code reads them, and compares their rows with what there is.
 * Rows that differ are written, under the same locks in the same order as a batch of the log takes them.
 */
export async function rebuildChunk({ pool, settings, after, size, dryRun, onDone }: ChunkOptions): Promise<Chunk> {
  return (dryRun ? inSnapshot : inTransaction)(pool, async tx => {
    const entities = await nextEntities(tx, { after, size, lock: !dryRun })
    const chunk: Chunk = {
      last: entities.at(-1) ?? null,
      entities: entities.length,
      events: 0,
      differences: [],
      failures: []
    }
    const aggregates = createAggregates()
    const { histories, changed } = await loadReread(tx, entities, settings)
    if (!dryRun) await updateReread(tx, changed)
    for (const model of READ_MODELS) {
      const own = histories.filter(({ entity }) => entity.kind === model.kind)
      if (own.length === 0) continue
      const all = foldAll(model, own, settings)
      const sightings = all.folded.flatMap(({ row }) => (row === null ? [] : (model.seenIn?.(row) ?? [])))
      const differences = await compareRows(tx, model, all.folded)
      chunk.differences.push(...differences, ...(await unseenExtensions(tx, sightings)))
      aggregates.extensions.add(sightings)
      chunk.failures.push(...(dryRun ? all.failures : await keepFolded(tx, model, all, aggregates, among(differences))))
    }
    chunk.events = histories.reduce((sum, { events }) => sum + events.length, 0)
    if (dryRun) return chunk
    for (const { account } of chunk.differences) aggregates.changes.reset(account)
    await raiseFoldVersions(tx, entities)
    await onDone?.(tx, chunk)
    await aggregates.write(tx)
    return chunk
  })
}

/** Only rows that differ are written. */
function among(differences: readonly Difference[]): (folded: Folded) => boolean {
  const wrong = new Set(differences.map(({ account, entity }) => `${account}\n${entity}`))
  return ({ entity: { account, entity } }) => wrong.has(`${account}\n${entity}`)
}

async function nextEntities(
  tx: Tx,
  { after, size, lock }: { after: Entity | null; size: number; lock: boolean }
): Promise<Entity[]> {
  const { rows } = await tx.query<Entity>(
    `select account, kind, entity from entities
    where (account, kind, entity) > ($1, $2, $3) order by account, kind, entity limit $4 ${lock ? 'for update' : ''}`,
    [after?.account ?? '', after?.kind ?? '', after?.entity ?? '', size]
  )
  return rows
}

const columns: Columns<Sighting> = {
  account: { type: 'text', of: sighting => sighting.account },
  extension: { type: 'text', of: sighting => sighting.extension },
  seen_at: { type: 'timestamptz', of: sighting => new Date(sighting.at).toISOString() }
}

const UNSEEN = `select 'mightycall_extensions' as table, account, extension as entity, array[case when bool_or(known) then 'created_at' else 'missing' end] as fields
  from (select u.account, u.extension, e.account is not null as known from ${unnest(columns)}
    left join mightycall_extensions e on e.account = u.account and e.extension = u.extension
    where e.account is null or e.created_at > u.seen_at) s
  group by account, extension order by account, extension`

/** Extensions that calls name, without a row or with a row that says they were seen later. */
export async function unseenExtensions(tx: Tx, sightings: readonly Sighting[]): Promise<Difference[]> {
  if (sightings.length === 0) return []
  const { rows } = await tx.query<Difference>(UNSEEN, arraysOf(columns, sightings))
  return rows
}
