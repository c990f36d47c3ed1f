import type pg from 'pg'
import type { AccountSettings } from '../../accounts/accounts.js'
import type { FailedEntity } from '../batch/fold-entities.js'
import { type Chunk, rebuildChunk } from './chunk.js'
import type { Difference } from './compare.js'
import { rebuildOrphans } from './orphans.js'
import { aloneInRebuilding, beginRebuild, finishRebuild, noteChunk, type Progress } from './progress.js'
import { rebuildReports } from './recount.js'

/** Small enough that live traffic waits for its locks a moment only, large enough that a statement is worth its while. */
const ENTITIES_PER_CHUNK = 500

export interface RebuildOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: () => Date
  /** Only report; change nothing, and begin at the beginning. */
  dryRun: boolean
  /** Do not go on with one that was not finished. */
  restart?: boolean
  chunkSize?: number
  /** Once, before anything else. */
  onStart?: (start: { resumed: boolean, entitiesDone: number, entities: number }) => void
  onChunk?: (chunk: Chunk) => void
  /** Each row that is not what its events amount to. */
  onDifference?: (difference: Difference) => void
  /** Checked between two chunks. */
  signal?: AbortSignal
}

export interface Rebuilt {
  entities: number
  events: number
  differences: number
  failures: FailedEntity[]
  /** False: it was interrupted, and the next one goes on. */
  finished: boolean
}

/**
 * Makes every row of the read models again from the table of events, in key order and in small transactions: reads go on, and so does
 * the projector. Never reads the topics, whose retention is finite.
 * @throws RebuildRunningError  another process does the same
 */
export async function rebuild (options: RebuildOptions): Promise<Rebuilt> {
  const { pool, dryRun, restart = false, now } = options
  if (dryRun) return walk(options, { id: '', after: null, entities: 0, events: 0, differences: 0 })
  return aloneInRebuilding(pool, async () => {
    const progress = await beginRebuild(pool, { restart, now: now() })
    const rebuilt = await walk(options, progress)
    if (rebuilt.finished) await finishRebuild(pool, progress.id, now())
    return rebuilt
  })
}

async function walk ({ pool, settings, dryRun, chunkSize = ENTITIES_PER_CHUNK, onStart, onChunk, onDifference, signal }: RebuildOptions, progress: Progress): Promise<Rebuilt> {
  const rebuilt: Rebuilt = { entities: progress.entities, events: progress.events, differences: progress.differences, failures: [], finished: false }
  const tell = (differences: readonly Difference[]) => {
    rebuilt.differences += differences.length
    for (const difference of differences) onDifference?.(difference)
  }
  onStart?.({ resumed: progress.after !== null, entitiesDone: progress.entities, entities: await countEntities(pool) })
  const seen = new Set<string>() // an extension without a row is missing once, however many calls name it
  for (let after = progress.after; ;) {
    if (signal?.aborted) return rebuilt
    const chunk = await rebuildChunk({ pool, settings, after, size: chunkSize, dryRun, onDone: (tx, done) => noteChunk(tx, progress.id, done) })
    chunk.differences = chunk.differences.filter(difference => !seen.has(keyOf(difference)))
    for (const difference of chunk.differences) if (difference.table === 'mightycall_extensions') seen.add(keyOf(difference))
    rebuilt.entities += chunk.entities
    rebuilt.events += chunk.events
    rebuilt.failures.push(...chunk.failures)
    tell(chunk.differences)
    onChunk?.(chunk)
    if (!chunk.last) break
    after = chunk.last
  }
  tell(await rebuildOrphans(pool, { dryRun }))
  tell(await rebuildReports(pool, { dryRun }))
  return { ...rebuilt, finished: true }
}

async function countEntities (pool: pg.Pool): Promise<number> {
  const { rows: [row] } = await pool.query<{ count: string }>('select count(*) from entities')
  return Number(row?.count ?? 0)
}

const keyOf = ({ table, account, entity, fields }: Difference): string => [table, account, entity, ...fields].join('\n')
